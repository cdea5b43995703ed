import { randomBytes } from 'node:crypto'
import { WarderError } from '../errors.ts'
import type { Helper } from '../ports.ts'
import type { State } from '../store/state.ts'
import { openFileStore } from './file.ts'
import { createKeychainStore } from './keychain.ts'
import { createKeychainClient, systemTimer, type Timer } from './keychain-client.ts'
import { accountPrefix } from './keychain-items.ts'
import { createMemoryStore } from './memory.ts'
import { createNoStore } from './none.ts'
import type { SecretStore } from './store.ts'
import { createVaultIndex } from './vault-index.ts'

export interface OpenVaultOptions {
  readonly kind: 'keychain' | 'file' | 'memory'
  /** An existing directory: its path names the keychain's items, and the vault file lies in it. */
  readonly home: string
  readonly helper: Helper
  /** Absolute path of `keychain-helper`: the source beside this file, or the bundle's entry. */
  readonly helperModule: string
  readonly state: State
  /** For `file`; asked once. @see FileStoreOptions.passphrase */
  readonly passphrase?: (purpose: 'open' | 'create') => Promise<string>
  /** Milliseconds for one operation of the keychain, a person at its prompt included; 30,000 by default. */
  readonly timeout?: number
  readonly timer?: Timer
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
}

/**
 * Opens the vault that was chosen. Where the keychain is absent this is the store that refuses with `vault.choose`; a
 * locked keychain is the keychain, whose operations say `vault.locked` until a person unlocks it.
 *
 * @throws WarderError those of `openFileStore`; `usage.invalid` for `file` without a passphrase
 */
export async function openVault(options: OpenVaultOptions): Promise<SecretStore> {
  switch (options.kind) {
    case 'keychain':
      return openKeychain(options)
    case 'file':
      return openFile(options)
    case 'memory':
      return createMemoryStore()
  }
}

async function openKeychain(options: OpenVaultOptions): Promise<SecretStore> {
  const client = createKeychainClient({
    helper: options.helper,
    helperModule: options.helperModule,
    timeout: options.timeout ?? 30_000,
    timer: options.timer ?? systemTimer,
  })
  const store = createKeychainStore({
    client,
    index: createVaultIndex(options.state, 'keychain', options.clock ?? Date.now),
    accountPrefix: accountPrefix(options.home),
    randomBytes,
  })
  const { state, why } = await store.probe()
  if (state !== 'absent') return store
  await store.close()
  return createNoStore(why ?? 'The keychain cannot be used.')
}

function openFile(options: OpenVaultOptions): Promise<SecretStore> {
  if (!options.passphrase)
    throw new WarderError('usage.invalid', 'The vault file needs a passphrase.')
  return openFileStore({
    home: options.home,
    index: createVaultIndex(options.state, 'file', options.clock ?? Date.now),
    passphrase: options.passphrase,
    randomBytes,
  })
}
