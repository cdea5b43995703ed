import { access, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'

const here = import.meta.dirname
const rows = (await readFile(path.join(here, 'README.md'), 'utf8'))
  .split('\n')
  .filter((line) => /^\| (?!rule|---|\s*\|)/.test(line) && !line.startsWith('|--'))
const namedIn = (text: string) =>
  [...text.matchAll(/`([^`\s]+\.test\.ts)`/g)].map(([, file]) => file ?? '')
const named = rows.flatMap(namedIn)

it('every rule names what holds it', () => {
  expect(rows.length).toBeGreaterThan(50)
  expect(rows.filter((row) => namedIn(row).length === 0)).toEqual([])
})

it('every file that is named is there', async () => {
  const there = async (file: string) =>
    access(path.join(here, file)).then(
      () => true,
      () => false,
    )
  const missing = []
  for (const file of named) if (!(await there(file))) missing.push(file)
  expect(missing).toEqual([])
})

it('every file that is there is named, once', async () => {
  const files = (await readdir(here)).filter((file) => file.endsWith('.test.ts'))
  const own = named.filter((file) => !file.includes('/'))
  expect(own.sort()).toEqual(files.filter((file) => file !== 'table.test.ts').sort())
})
