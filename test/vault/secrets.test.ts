import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import { createNamedSecrets } from '../../main/vault/secrets.ts'
import type { SecretStore } from '../../main/vault/store.ts'
import { warderHome } from './keychain-setup.ts'

const VALUE = 'hunter2-hunter2'
const binding = { server: 'notes', destination: 'origin:https://notes.example' }

async function open(vault: SecretStore = createMemoryStore()) {
  const home = await warderHome()
  const knownSecrets = createKnownSecrets()
  return {
    ...home,
    vault,
    knownSecrets,
    secrets: createNamedSecrets({ state: home.state, vault, knownSecrets, clock: () => 7 }),
  }
}

describe('a named secret', () => {
  it('is read for the destination it was entered for, and for no other', async () => {
    await using opened = await open()
    const { secrets } = opened
    expect(await secrets.set('k', VALUE, binding)).toEqual({ name: 'k', server: 'notes', setAt: 7 })
    expect(await secrets.read('k', binding)).toBe(VALUE)
    for (const wanted of [
      { ...binding, server: 'other' },
      { ...binding, destination: 'origin:https://evil.example' },
    ])
      await expect(secrets.read('k', wanted)).rejects.toMatchObject({
        code: 'secret.binding_changed',
      })
    await secrets.bind('k', { ...binding, server: 'other' })
    await expect(secrets.read('k', binding)).rejects.toMatchObject({
      code: 'secret.binding_changed',
    })
    expect(await secrets.read('k', { ...binding, server: 'other' })).toBe(VALUE)
  })

  it('is nobody’s before it is bound', async () => {
    await using opened = await open()
    await opened.secrets.set('k', VALUE, null)
    const error: unknown = await opened.secrets.read('k', binding).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'secret.binding_changed' })
    expect(String(error)).not.toContain(VALUE)
    expect(opened.secrets.list()).toEqual([{ name: 'k', server: null, setAt: 7 }])
  })

  it('goes where the vault says, whatever the state database says', async () => {
    await using opened = await open()
    await opened.secrets.set('k', VALUE, binding)
    opened.state.prepare("UPDATE secrets SET server = 'evil'").run()
    const wanted = { ...binding, server: 'evil' }
    await expect(opened.secrets.read('k', wanted)).rejects.toMatchObject({
      code: 'secret.binding_changed',
    })
  })

  it('lies in the vault alone', async () => {
    await using opened = await open()
    await opened.secrets.set('k', VALUE, binding)
    const tables = opened.state.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    expect(tables.length).toBeGreaterThan(5)
    for (const { name } of tables)
      expect(
        JSON.stringify(opened.state.prepare(`SELECT * FROM ${String(name)}`).all()),
      ).not.toContain(VALUE)
    expect([...opened.knownSecrets.entries()]).toEqual([{ label: 'secret:k', value: VALUE }])
  })

  it.each(['', 'two\nlines', 'carriage\rreturn', 'nul\0'])(
    'is one line of text: %j is not',
    async (value) => {
      await using opened = await open()
      await expect(opened.secrets.set('k', value, null)).rejects.toMatchObject({
        code: 'secret.invalid',
      })
      expect(opened.secrets.list()).toEqual([])
    },
  )

  it.each([
    ['-----BEGIN PRIVATE KEY-----\nMIG\r\nAbc=\n-----END PRIVATE KEY-----\n\n', 'MIG Abc='],
    ['{\n  "kty": "EC",\n  "d": "x"\n}', '"kty": "EC", "d": "x"'],
  ])('that is a key loses the line breaks that mean nothing in it', async (value, within) => {
    await using opened = await open()
    await opened.secrets.set('k', value, binding)
    const stored = await opened.secrets.read('k', binding)
    expect(stored).not.toMatch(/[\r\n]/)
    expect(stored).toContain(within)
  })

  it('is replaced by a new value, and the old one is still masked', async () => {
    await using opened = await open()
    await opened.secrets.set('k', VALUE, binding)
    await opened.secrets.set('k', `${VALUE}-new`, binding)
    expect(await opened.secrets.read('k', binding)).toBe(`${VALUE}-new`)
    expect([...opened.knownSecrets.entries()].map(({ value }) => value)).toEqual([
      VALUE,
      `${VALUE}-new`,
    ])
    expect(opened.secrets.list()).toHaveLength(1)
  })

  it('is gone when it was removed, and still there when the vault would not', async () => {
    const memory = createMemoryStore()
    let willing = false
    await using opened = await open({
      ...memory,
      async delete(key) {
        if (!willing) throw new WarderError('vault.delete_failed', 'Not now.')
        await memory.delete(key)
      },
    })
    const { secrets } = opened
    await secrets.set('k', VALUE, binding)
    await expect(secrets.remove('k')).rejects.toMatchObject({ code: 'vault.delete_failed' })
    expect(secrets.list()).toHaveLength(1)
    willing = true
    await secrets.remove('k')
    expect(secrets.list()).toEqual([])
    const unknown = { code: 'secret.unknown' }
    await expect(secrets.read('k', binding)).rejects.toMatchObject(unknown)
    await expect(secrets.remove('k')).rejects.toMatchObject(unknown)
    await expect(secrets.bind('k', binding)).rejects.toMatchObject(unknown)
  })

  it('that the vault forgot is unknown, not empty', async () => {
    await using opened = await open()
    await opened.secrets.set('k', VALUE, binding)
    await opened.vault.delete('secret:k')
    await expect(opened.secrets.read('k', binding)).rejects.toMatchObject({
      code: 'secret.unknown',
    })
  })

  it('is listed by name', async () => {
    await using opened = await open()
    for (const name of ['b', 'a', 'c']) await opened.secrets.set(name, VALUE, null)
    expect(opened.secrets.list().map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })
})

describe('the secrets that this process knows', () => {
  it('grow, never shrink, and hold each value once', () => {
    const known = createKnownSecrets()
    known.add('a', VALUE)
    known.add('b', VALUE)
    known.add('c', 'short')
    known.add('d', 'long-enough')
    expect([...known.entries()]).toEqual([
      { label: 'a', value: VALUE },
      { label: 'd', value: 'long-enough' },
    ])
    expect(known.version).toBe(2)
  })
})
