import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createKeptFiles } from '../../main/desktop/kept-files.ts'
import { testHome } from '../harness/home.ts'

async function begin(place: string) {
  const files = createKeptFiles(async () => place)
  const file = await files.choose('proposed.json')
  if (file === null) throw new Error('Nobody said no.')
  return { files, file }
}

it('is at its place once it is whole, for this user alone, and what was there before until then', async () => {
  await using home = await testHome()
  const place = path.join(home.path, 'receipts.json')
  writeFileSync(place, 'before')
  const { file } = await begin(place)
  file.write('é')
  file.write('later')
  expect(readFileSync(place, 'utf8')).toBe('before')
  file.finish()
  expect(readFileSync(place, 'utf8')).toBe('élater')
  expect(statSync(place).mode & 0o777).toBe(0o600)
  expect(readdirSync(home.path)).toEqual(['receipts.json'])
})

it('leaves nothing of what was given up, by itself or with all others', async () => {
  await using home = await testHome()
  const { files, file } = await begin(path.join(home.path, 'one'))
  file.write('part')
  expect(readdirSync(home.path)).toHaveLength(1)
  file.discard()
  expect(readdirSync(home.path)).toEqual([])
  expect(() => file.write('more')).toThrow(expect.objectContaining({ code: 'store.unwritable' }))
  await files.choose('two')
  files.discardAll()
  expect(readdirSync(home.path)).toEqual([])
})

it('says that nothing can be written at a place, and leaves nothing there', async () => {
  await using home = await testHome()
  const folder = path.join(home.path, 'folder')
  mkdirSync(folder)
  await expect(begin(path.join(folder, 'missing', 'file'))).rejects.toMatchObject({
    code: 'store.unwritable',
  })
  // A folder is in the way.
  const { file } = await begin(folder)
  file.write('part')
  expect(() => file.finish()).toThrow(expect.objectContaining({ code: 'store.unwritable' }))
  expect(readdirSync(home.path)).toEqual(['folder'])
})

it('asks nobody twice and writes nothing where the person says no', async () => {
  const names: string[] = []
  const files = createKeptFiles(async (name) => {
    names.push(name)
    return null
  })
  expect(await files.choose('warder-audit.jsonl')).toBeNull()
  expect(names).toEqual(['warder-audit.jsonl'])
})
