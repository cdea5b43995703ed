import { describe, expect, it } from 'vitest'
import { startKeyring } from '../harness/keyring.ts'
import {
  accountsIn,
  helperModule,
  keychainStore,
  secretTool,
  warderHome,
  watchedHelper,
} from './keychain-setup.ts'

const OLD = 'old '.repeat(1_500)
const NEW = 'new '.repeat(2_000)

describe('a value longer than an item', () => {
  it('is chunks of one generation, each small enough for Windows, and a header', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    await store.set('grant:a', OLD)
    const accounts = await accountsIn(keyring.env)
    const prefix = store.account('grant:a')
    expect(accounts).toEqual([
      prefix,
      ...[0, 1, 2].map((number) => expect.stringMatching(`^${prefix}#[0-9a-f]{8}\\.${number}$`)),
    ])
    for (const account of accounts) {
      const text = await secretTool(keyring.env, 'lookup', account)
      expect(text?.length).toBeLessThanOrEqual(2_400)
    }
  })

  it('replaced by a shorter one, and deleted, leaves nothing behind', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    await store.set('grant:a', NEW)
    await store.set('grant:a', OLD)
    expect(await accountsIn(keyring.env)).toHaveLength(4)
    await store.set('grant:a', 'short')
    expect(await accountsIn(keyring.env)).toEqual([store.account('grant:a')])
    await store.set('grant:a', OLD)
    await store.delete('grant:a')
    expect(await accountsIn(keyring.env)).toEqual([])
    expect(store.index.startingWith('')).toEqual([])
  })

  it('that lost or changed a chunk is not given out in part', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const helper = watchedHelper(keyring.env)
    await using store = keychainStore(home, helper)
    await store.set('grant:a', OLD)
    const chunk = store.index.startingWith('grant:a#')[1] ?? ''

    await writeItem(helper, store.account(chunk), 'x'.repeat(2_400))
    await expect(store.get('grant:a')).rejects.toMatchObject({ code: 'vault.damaged' })
    await secretTool(keyring.env, 'clear', store.account(chunk))
    await expect(store.get('grant:a')).rejects.toMatchObject({ code: 'vault.locked_or_missing' })

    await writeItem(helper, store.account('grant:a'), '"not ours"')
    const refusal = await store.get('grant:a').catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'vault.damaged' })
    expect(String((refusal as Error).cause)).not.toContain('not ours')
    await store.delete('grant:a')
    expect(await accountsIn(keyring.env)).toEqual([])
  })
})

describe('a helper killed in the middle of a write', () => {
  // NEW is four chunks and a header: killed before each of them, and before the read-back.
  it.each([1, 2, 3, 4, 5])(
    'before set number %i leaves the old value, and the next write sweeps the rest',
    async (deadly) => {
      await using keyring = await startKeyring({ state: 'unlocked' })
      await using home = await warderHome()
      let countdown = Number.POSITIVE_INFINITY
      const helper = watchedHelper(keyring.env, (message, process) => {
        if ((message as { operation: string }).operation === 'set' && --countdown === 0)
          process.kill()
      })
      await using store = keychainStore(home, helper)
      await store.set('grant:a', OLD)

      countdown = deadly
      await expect(store.set('grant:a', NEW)).rejects.toMatchObject({ code: 'vault.failed' })
      expect((await store.get('grant:a')) === OLD).toBe(true)
      expect(await accountsIn(keyring.env)).toHaveLength(4 + deadly - 1)

      await store.set('grant:a', NEW)
      expect((await store.get('grant:a')) === NEW).toBe(true)
      expect(await accountsIn(keyring.env)).toHaveLength(5)
      await store.delete('grant:a')
      expect(await accountsIn(keyring.env)).toEqual([])
      expect(store.index.startingWith('')).toEqual([])
    },
  )

  it('and a keyring locked in the middle of a first write leave nothing behind once deleted', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    const { client } = store
    const set = client.set
    client.set = async (account, text) => {
      await set(account, text)
      await keyring.lock()
    }
    await expect(store.set('grant:a', NEW)).rejects.toMatchObject({ code: 'vault.locked' })
    client.set = set
    await keyring.unlock()
    expect(await accountsIn(keyring.env)).toHaveLength(1)
    expect(await store.get('grant:a')).toBeNull()
    await store.delete('grant:a')
    expect(await accountsIn(keyring.env)).toEqual([])
    expect(store.index.startingWith('')).toEqual([])
  })

  it('a delete that was interrupted is finished by the next one', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    let countdown = Number.POSITIVE_INFINITY
    const helper = watchedHelper(keyring.env, (message, process) => {
      if ((message as { operation: string }).operation === 'delete' && --countdown === 0)
        process.kill()
    })
    await using store = keychainStore(home, helper)
    await store.set('grant:a', OLD)
    countdown = 3
    await expect(store.delete('grant:a')).rejects.toMatchObject({ code: 'vault.delete_failed' })
    expect(await accountsIn(keyring.env)).toHaveLength(2)
    await store.delete('grant:a')
    expect(await accountsIn(keyring.env)).toEqual([])
  })
})

/** Writes an item as a program that is not Warder could. */
async function writeItem(
  helper: ReturnType<typeof watchedHelper>,
  account: string,
  text: string,
): Promise<void> {
  const process = helper.start(helperModule)
  const answered = Promise.withResolvers<unknown>()
  process.onMessage(answered.resolve)
  process.send({ id: 1, operation: 'set', account, text })
  expect(await answered.promise).toEqual({ id: 1, result: null })
  process.kill()
}
