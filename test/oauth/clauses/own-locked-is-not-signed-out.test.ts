import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createKeychainStore } from '../../../main/vault/keychain.ts'
import { createVaultIndex } from '../../../main/vault/vault-index.ts'
import { helperModule, warderHome } from '../../vault/keychain-setup.ts'
import { connectTo, openHouse } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** An item that was stored and reads as absent is locked or missing, never "signed out"; a delete counts when it says so. */

/** keytar before a keyring that may be locked: it reads null and deletes nothing then, as the real one does. */
async function keyring() {
  const home = await warderHome()
  const items = new Map<string, string>()
  const state = { locked: false }
  const client = {
    get: async (account: string) => (state.locked ? null : (items.get(account) ?? null)),
    set: async (account: string, text: string) => void (state.locked || items.set(account, text)),
    delete: async (account: string) => !state.locked && items.delete(account),
    close: () => {},
  }
  const index = createVaultIndex(home.state, 'keychain', Date.now)
  const store = createKeychainStore({ client, index, accountPrefix: 'x:', randomBytes })
  return { store, items, state, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() }
}

it('an account stays connected while its keyring is locked, and goes on afterwards', async () => {
  await using provider = await startScriptedProvider()
  await using ring = await keyring()
  await using house = await openHouse({ vault: ring.store })
  await connectTo(house, provider.serverUrl)
  await house.restart()
  ring.state.locked = true
  await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'vault.locked_or_missing',
  })
  expect(house.grants.list()[0]?.state).toBe('connected')
  expect(house.events).not.toContain('signInNeeded notes/default')
  ring.state.locked = false
  expect((await house.grants.accessToken('notes')).value).toBe('access-token-3')
})

it('a delete that the keyring did not confirm is not done', async () => {
  await using ring = await keyring()
  await ring.store.set('grant:a', 'value')
  ring.state.locked = true
  await expect(ring.store.delete('grant:a')).rejects.toMatchObject({ code: 'vault.delete_failed' })
  expect(ring.items.size).toBe(1)
})

it('the helper calls nothing of keytar that crashes on a locked keyring', async () => {
  const source = await readFile(helperModule, 'utf8')
  expect(source).toMatch(/keytar\.getPassword/)
  expect(source).not.toMatch(/keytar\.find/)
})
