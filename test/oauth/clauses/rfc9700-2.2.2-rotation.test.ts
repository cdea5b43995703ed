import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { WarderError } from '../../../main/errors.ts'
import { createKeychainStore } from '../../../main/vault/keychain.ts'
import type { KeychainClient } from '../../../main/vault/keychain-client.ts'
import { createMemoryStore } from '../../../main/vault/memory.ts'
import type { SecretStore } from '../../../main/vault/store.ts'
import { createVaultIndex } from '../../../main/vault/vault-index.ts'
import { warderHome } from '../../vault/keychain-setup.ts'
import { connectTo, openHouse } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 9700 §2.2.2, RFC 6749 §6: a rotated refresh token replaces the old one, and before anything else is done with it. */

const HOUR = 3_600_000
const shown = (provider: ScriptedProvider) =>
  provider.to('/token').flatMap(({ form }) => form.get('refresh_token') ?? [])

it('the old one is never shown again', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  for (const _turn of [1, 2]) {
    house.time.now += HOUR
    await house.grants.accessToken('notes')
  }
  await house.restart()
  await house.grants.accessToken('notes')
  expect(shown(provider)).toEqual(['refresh-token-2', 'refresh-token-3', 'refresh-token-4'])
})

it('no access token is given out before its refresh token is stored, and none is lost', async () => {
  await using provider = await startScriptedProvider()
  const inner = createMemoryStore()
  let broken = false
  const vault: SecretStore = {
    ...inner,
    async set(key, value) {
      if (broken) throw new WarderError('vault.write_failed', 'The vault refuses.')
      await inner.set(key, value)
    },
  }
  await using house = await openHouse({ vault })
  const { id } = await connectTo(house, provider.serverUrl)
  house.time.now += HOUR
  broken = true
  for (const _turn of [1, 2])
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'vault.write_failed',
    })
  broken = false
  await house.grants.accessToken('notes')
  // The provider was asked once: what it gave then is what is stored and used now.
  expect(shown(provider)).toEqual(['refresh-token-2'])
  expect(JSON.parse((await vault.get(`grant:${id}`)) ?? '')).toMatchObject({
    refreshToken: 'refresh-token-3',
    accessToken: null,
  })
})

it('a keychain that does not give back what it took counts as one that failed', async () => {
  await using home = await warderHome()
  const client: KeychainClient = {
    get: async () => null,
    set: async () => {},
    delete: async () => true,
    close: () => {},
  }
  const index = createVaultIndex(home.state, 'keychain', Date.now)
  const store = createKeychainStore({ client, index, accountPrefix: 'x:', randomBytes })
  await expect(store.set('grant:a', 'rotated')).rejects.toMatchObject({
    code: 'vault.write_failed',
  })
})
