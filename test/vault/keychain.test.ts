import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startKeyring } from '../harness/keyring.ts'
import {
  isRequest,
  keychainStore,
  manualTimer,
  openTestVault,
  secretTool,
  warderHome,
  watchedHelper,
} from './keychain-setup.ts'

const token = () => randomBytes(32).toString('base64url')
const code = (value: string) => expect.objectContaining({ name: 'WarderError', code: value })

describe('an unlocked keyring', () => {
  it('keeps a value, gives it back after a restart, and forgets it', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const value = token()
    {
      await using vault = await openTestVault(home, keyring.env)
      expect(vault.kind).toBe('keychain')
      expect(await vault.status()).toEqual({ state: 'available', why: null })
      expect(await vault.get('grant:a')).toBeNull()
      await vault.set('grant:a', token())
      await vault.set('grant:a', value)
    }
    await using vault = await openTestVault(home, keyring.env)
    expect(await vault.get('grant:a')).toBe(value)
    await vault.delete('grant:a')
    await vault.delete('grant:a')
    expect(await vault.get('grant:a')).toBeNull()
  })

  it('leaves no canary behind', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    expect(await store.probe()).toEqual({ state: 'available', why: null })
    expect(await secretTool(keyring.env, 'lookup', store.account('#canary'))).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['a NUL', 'before\0after'],
    ['what JSON escapes', '"\\\n\u2028\u007f'],
    ['more than ASCII', 'Grüße, 世界 🔑'],
    ['the longest that fits one item', 'x'.repeat(2_400 - '{"version":1,"value":""}'.length)],
    ['one character more', 'x'.repeat(2_400 - '{"version":1,"value":""}'.length + 1)],
    ['64 KiB', 'y'.repeat(65_536)],
    ['64 KiB that all need escapes', '\0'.repeat(65_536)],
  ])('gives back %s as it was', async (_, value) => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using vault = await openTestVault(home, keyring.env)
    await vault.set('secret:odd', value)
    expect((await vault.get('secret:odd')) === value).toBe(true)
  })

  it('refuses what it could not give back', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using vault = await openTestVault(home, keyring.env)
    const tooLong = async () => vault.set('secret:long', 'x'.repeat(65_537))
    const halfCharacter = async () => vault.set('secret:half', '\ud83d')
    await expect(tooLong()).rejects.toEqual(code('secret.invalid'))
    await expect(halfCharacter()).rejects.toEqual(code('secret.invalid'))
  })

  it('carries out the operations of one key in the order they were asked for', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using vault = await openTestVault(home, keyring.env)
    const [first, last] = ['a'.repeat(9_000), 'b'.repeat(5_000)]
    const answers = await Promise.all([
      vault.set('grant:a', first),
      vault.get('grant:a'),
      vault.set('grant:a', last),
      vault.get('grant:a'),
      vault.delete('grant:a'),
      vault.get('grant:a'),
    ])
    expect(answers.map((answer) => answer?.[0])).toEqual([
      undefined,
      'a',
      undefined,
      'b',
      undefined,
      undefined,
    ])
  })

  it('says so when an item was removed by another program, and still deletes with proof', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    await store.set('grant:a', token())
    await secretTool(keyring.env, 'clear', store.account('grant:a'))
    await expect(store.get('grant:a')).rejects.toEqual(code('vault.locked_or_missing'))
    await store.delete('grant:a')
    expect(await store.get('grant:a')).toBeNull()
    expect(await secretTool(keyring.env, 'lookup', store.account('grant:a'))).toBeUndefined()
  })
})

describe('a locked keyring', () => {
  it('is the keychain, says locked, and works as soon as it is unlocked', async () => {
    await using keyring = await startKeyring({ state: 'locked' })
    await using home = await warderHome()
    await using vault = await openTestVault(home, keyring.env)
    expect(vault.kind).toBe('keychain')
    expect(await vault.status()).toMatchObject({ state: 'locked' })
    await expect(vault.set('grant:a', token())).rejects.toEqual(code('vault.locked'))
    expect(await vault.get('grant:a')).toBeNull()

    await keyring.unlock()
    const value = token()
    await vault.set('grant:a', value)
    expect(await vault.get('grant:a')).toBe(value)
    expect(await vault.status()).toEqual({ state: 'available', why: null })
  })

  it('never makes a stored item look signed out, changed or revoked', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    const value = token()
    await store.set('grant:a', value)

    await keyring.lock()
    await expect(store.set('grant:a', token())).rejects.toEqual(code('vault.locked'))
    await expect(store.delete('grant:a')).rejects.toEqual(code('vault.delete_failed'))
    await expect(store.get('grant:a')).rejects.toEqual(code('vault.locked_or_missing'))
    expect(await store.status()).toMatchObject({ state: 'locked' })

    await keyring.unlock()
    expect(await store.get('grant:a')).toBe(value)
    await store.delete('grant:a')
    expect(await secretTool(keyring.env, 'lookup', store.account('grant:a'))).toBeUndefined()
  })
})

describe('no keychain', () => {
  it.each([
    ['absent', /No keychain service/],
    ['no-bus', /No keychain service/],
    ['fresh', /nobody has made a keyring/],
  ] as const)('%s: asks to choose another vault', async (state, why) => {
    await using keyring = await startKeyring({ state })
    await using home = await warderHome()
    await using vault = await openTestVault(home, keyring.env)
    expect(vault.kind).toBe('none')
    expect(await vault.status()).toEqual({ state: 'absent', why: expect.stringMatching(why) })
    await expect(vault.set('grant:a', token())).rejects.toEqual(code('vault.choose'))
    await expect(vault.get('grant:a')).rejects.toEqual(code('vault.choose'))
    await expect(vault.delete('grant:a')).rejects.toEqual(code('vault.choose'))
  })

  it('that goes away while Warder runs is absent, and a new helper asks the next time', async () => {
    await using home = await warderHome()
    const keyring = await startKeyring({ state: 'unlocked' })
    const helper = watchedHelper(keyring.env)
    await using store = keychainStore(home, helper)
    await store.set('grant:a', token())
    await keyring[Symbol.asyncDispose]()
    await expect(store.get('grant:a')).rejects.toEqual(code('vault.absent'))
    await helper.started[0]?.ended
    await expect(store.delete('grant:a')).rejects.toEqual(code('vault.delete_failed'))
    expect(helper.started).toHaveLength(2)
    expect(await store.status()).toMatchObject({ state: 'absent' })
  })
})

describe('a helper that hangs or crashes', () => {
  it('is killed when the keychain does not answer, and the next operation has a new one', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const asked = Promise.withResolvers<void>()
    const helper = watchedHelper(keyring.env, (message) => {
      if (isRequest(message, 'get', store.account('grant:b'))) asked.resolve()
    })
    const time = manualTimer()
    await using store = keychainStore(home, helper, time.timer)
    const value = token()
    await store.set('grant:a', value)

    keyring.freeze()
    const hanging = [store.get('grant:a'), store.get('grant:b')]
    await asked.promise
    time.expire()
    for (const operation of hanging) await expect(operation).rejects.toEqual(code('vault.timeout'))
    await helper.started[0]?.ended
    expect(await store.status()).toMatchObject({ state: 'locked' })

    keyring.thaw()
    expect(await store.get('grant:a')).toBe(value)
    expect(helper.started).toHaveLength(2)
  })

  it('is waited for no longer than the given time', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    keyring.freeze()
    await using vault = await openTestVault(home, keyring.env, { timeout: 50 })
    expect(await vault.status()).toMatchObject({
      state: 'locked',
      why: expect.stringMatching(/did not answer/),
    })
  })

  it('rejects what it was doing when it is killed, and the next operation has a new one', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const helper = watchedHelper(keyring.env)
    await using store = keychainStore(home, helper)
    const value = token()
    await store.set('grant:a', value)

    keyring.freeze()
    const interrupted = store.get('grant:a')
    helper.started[0]?.process.kill()
    await expect(interrupted).rejects.toEqual(code('vault.failed'))

    keyring.thaw()
    expect(await store.get('grant:a')).toBe(value)
    expect(helper.started).toHaveLength(2)
  })

  it('ends with the vault', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const helper = watchedHelper(keyring.env)
    const store = keychainStore(home, helper)
    await store.set('grant:a', token())
    keyring.freeze()
    const interrupted = store.get('grant:a')
    await store.close()
    await expect(interrupted).rejects.toEqual(code('vault.failed'))
    await helper.started[0]?.ended
    await expect(store.get('grant:a')).rejects.toEqual(code('vault.failed'))
    expect(helper.started).toHaveLength(1)
  })
})
