import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { licenceText, shippedLicences } from '../../scripts/packaging/licences.ts'
import { testHome } from '../harness/home.ts'

const root = path.join(import.meta.dirname, '../..')

it('names every package that is shipped, with its text, and none that is not', () => {
  const names = shippedLicences(root).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['commander', 'keytar', 'undici', 'zod']))
  for (const name of Object.keys(manifest.dependencies)) expect(names).toContain(name)
  // A typeface is no code, so the page's own list does not have it.
  expect(names.filter((name) => name in manifest.devDependencies)).toEqual([
    '@fontsource-variable/inter',
  ])
})

it('is in what was built', () => {
  const built = readFileSync(path.join(root, 'dist/main/licenses.txt'), 'utf8')
  expect(built).toBe(`${licenceText(shippedLicences(root))}\n`)
})

it('fails where a package brings no text, or names no licence', async () => {
  await using home = await testHome()
  const folder = path.join(home.path, 'node_modules/one')
  mkdirSync(folder, { recursive: true })
  const lock = (license?: string) =>
    writeFileSync(
      path.join(home.path, 'package-lock.json'),
      JSON.stringify({
        packages: {
          '': { version: '1.0.0' },
          'node_modules/one': { version: '1.0.0', ...(license && { license }) },
          'node_modules/other': { version: '2.0.0', dev: true },
        },
      }),
    )
  lock('MIT')
  expect(() => shippedLicences(home.path)).toThrow('one 1.0.0')
  writeFileSync(path.join(folder, 'LICENCE.txt'), ' Do what you like.\n')
  expect(shippedLicences(home.path)).toEqual([
    {
      name: 'one',
      registered: 'one',
      version: '1.0.0',
      licence: 'MIT',
      texts: ['Do what you like.'],
    },
  ])
  lock()
  expect(() => shippedLicences(home.path)).toThrow('one 1.0.0')
})
