import { expect, it } from 'vitest'
import { canonicalJson } from '../../main/audit/canonical-json.ts'
import { createSignedRecords } from '../../main/audit/signed-records.ts'
import { createSigningKey, keyId, sign, verify } from '../../main/audit/signing.ts'
import { WarderError } from '../../main/errors.ts'
import { openState } from '../../main/store/state.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import { testHome } from '../harness/home.ts'

it('writes JSON as RFC 8785 §3.2.2 and §3.2.3 have it', () => {
  const value = { '\u20ac': 1, '\r': 2, '1': 4, '\u{1f600}': 5, '\ufb33': 7, a: [1e30, 4.5, null] }
  expect(canonicalJson(value)).toBe(
    '{"\\r":2,"1":4,"a":[1e+30,4.5,null],"\u20ac":1,"\u{1f600}":5,"\ufb33":7}',
  )
})

it('names a key by its thumbprint (RFC 8037 appendix A.3)', () => {
  expect(keyId('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')).toBe(
    'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  )
})

it('verifies what was signed, in whatever order its members come, and nothing else', () => {
  const key = createSigningKey()
  const signature = sign({ a: 1, b: { c: 'x' } }, key)
  expect(verify({ b: { c: 'x' }, a: 1 }, key.publicKey, signature)).toBe(true)
  expect(verify({ a: 1, b: { c: 'y' } }, key.publicKey, signature)).toBe(false)
  expect(verify({ a: 1, b: { c: 'x' } }, createSigningKey().publicKey, signature)).toBe(false)
  expect(verify({}, 'nonsense', signature)).toBe(false)
})

async function house() {
  const home = await testHome()
  const state = openState(home.path)
  const inner = createMemoryStore()
  const lock = { locked: false }
  const get = (key: string) =>
    lock.locked ? Promise.reject(new WarderError('vault.locked', 'Locked.')) : inner.get(key)
  const knownSecrets = createKnownSecrets()
  const options = { state, vault: { ...inner, get }, knownSecrets, clock: () => 0 }
  return {
    lock,
    inner,
    state,
    knownSecrets,
    records: createSignedRecords(options),
    async [Symbol.asyncDispose]() {
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

it('gives each change a version of its own, and the newest is listed', async () => {
  await using at = await house()
  at.records.keep('receipt', 'r', { state: 'pending' })
  at.records.keep('receipt', 'r', { state: 'pending' })
  at.records.keep('receipt', 'r', { state: 'proven' })
  await at.records.settle()
  const [record, ...others] = at.records.list('receipt')
  expect(others).toEqual([])
  expect(record).toMatchObject({ id: 'r', version: 2 })
  const document: unknown = JSON.parse(record?.document ?? '')
  expect(document).toMatchObject({ kind: 'receipt', version: 2, content: { state: 'proven' } })
  const key = at.records.keys()[record?.key ?? ''] ?? ''
  expect(verify(document, key, record?.signature ?? '')).toBe(true)
})

it('waits for a locked vault, and signs when it is open', async () => {
  await using at = await house()
  at.lock.locked = true
  at.records.keep('receipt', 'r', {})
  await at.records.settle()
  expect(at.records.list('receipt')[0]?.signature).toBeNull()
  at.lock.locked = false
  await Promise.all([at.records.settle(), at.records.settle()])
  expect(at.records.list('receipt')[0]?.signature).not.toBeNull()
  expect(Object.keys(at.records.keys())).toHaveLength(1)
})

it('keeps the private key in the vault alone, and masks it', async () => {
  await using at = await house()
  at.records.keep('receipt', 'r', {})
  await at.records.settle()
  const { privateKey } = JSON.parse((await at.inner.get('signing-key')) ?? '') as {
    privateKey: string
  }
  expect([...at.knownSecrets.entries()].map(({ value }) => value)).toContain(privateKey)
  const tables = ['signed_records', 'signing_keys', 'meta', 'vault_index']
  for (const table of tables)
    expect(JSON.stringify(at.state.prepare(`SELECT * FROM ${table}`).all())).not.toContain(
      privateKey,
    )
})

it('keeps the first version, the one signed last and what came after, not every step between', async () => {
  await using at = await house()
  const versions = () =>
    at.state
      .prepare('SELECT version FROM signed_records ORDER BY version')
      .all()
      .map((row) => row.version)
  at.records.keep('receipt', 'r', { step: 1 })
  at.records.keep('receipt', 'other', {})
  await at.records.settle()
  for (const step of [2, 3, 4]) {
    at.records.keep('receipt', 'r', { step })
    await at.records.settle()
  }
  expect(versions()).toEqual([1, 1, 4])
  at.lock.locked = true
  for (const step of [5, 6]) at.records.keep('receipt', 'r', { step })
  await at.records.settle()
  expect(versions()).toEqual([1, 1, 4, 5, 6])
  at.lock.locked = false
  await at.records.settle()
  expect(versions()).toEqual([1, 1, 6])
})

it.each([
  ['no JSON', '{'],
  ['another thing', '[]'],
  ['no key', '{"id":"a","publicKey":"b","privateKey":"c"}'],
  [
    'the halves of two',
    JSON.stringify({ ...createSigningKey(), privateKey: createSigningKey().privateKey }),
  ],
])('stands unsigned, with the reason, where the key in the vault is %s', async (_what, item) => {
  await using at = await house()
  await at.inner.set('signing-key', item)
  at.records.keep('receipt', 'r', {})
  await at.records.settle()
  expect(at.records.list('receipt')[0]?.signature).toBeNull()
  expect(at.records.problem()).toContain('damaged')
  expect(await at.inner.get('signing-key')).toBe(item)
})
