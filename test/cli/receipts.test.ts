import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createSigningKey, sign } from '../../main/audit/signing.ts'
import type { RecordsExport } from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { startStandIn } from './stand-in.ts'
import { document, warder } from './warder.ts'

const key = createSigningKey()
const record = (id: string) => {
  const one = { kind: 'receipt', id, version: 1, at: '2026-11-21T12:00:00.000Z', content: {} }
  return { document: one, signature: sign(one, key), key: key.id }
}
const all = (): RecordsExport => ({
  format: 'warder.records',
  version: 1,
  exportedAt: '2026-11-21T12:00:00.000Z',
  keys: { [key.id]: key.publicKey },
  records: [record('one'), record('two')],
})

async function verified(file: unknown, ...args: string[]) {
  await using home = await testHome()
  const at = path.join(home.path, 'export.json')
  await writeFile(at, JSON.stringify(file))
  return await warder(['receipts', 'verify', at, ...args, '--json', '--home', '/nonexistent'])
}

it('exports to a file that verifies without a companion, and overwrites none', async () => {
  await using companion = await startStandIn({ 'receipts:export': all })
  const file = path.join(companion.home, 'export.json')
  const args = ['receipts', 'export', '--out', file, '--home', companion.home]
  expect((await warder(args)).code).toBe(0)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(all())
  expect((await warder(args)).code).toBe(2)
  expect((await warder(['receipts', 'verify', file])).code).toBe(0)
})

it.each<[string, (file: RecordsExport) => unknown, string]>([
  ['changed', (f) => Object.assign(f.records[1]?.document ?? {}, { at: 'later' }), 'changed'],
  ['unsigned', (f) => Object.assign(f.records[1] ?? {}, { signature: null }), 'not signed'],
  ['of a key that is not there', (f) => Object.assign(f, { keys: {} }), 'not in the file'],
  [
    'under another key of the same name',
    (f) => Object.assign(f.keys, { [key.id]: createSigningKey().publicKey }),
    'not in the file',
  ],
])('says which record is %s, and exits 1', async (_what, change, why) => {
  const file = all()
  change(file)
  const done = await verified(file)
  expect(done.code).toBe(1)
  const { records } = document(done) as { records: { id: string; why: string | null }[] }
  expect(records.find(({ id }) => id === 'two')?.why).toContain(why)
})

it('takes the key that it is told alone', async () => {
  expect((await verified(all(), '--key', key.id)).code).toBe(0)
  expect((await verified(all(), '--key', 'another')).code).toBe(1)
})
