import { WarderError } from '../errors.ts'
import type { SecretStore } from './store.ts'

/**
 * Stands where the keychain cannot be used and nobody has chosen another vault yet: it never falls back by itself.
 * @param why a sentence for the user: why the keychain could not be used
 */
export function createNoStore(why: string): SecretStore {
  const refuse = async (): Promise<never> => {
    throw new WarderError('vault.choose', `${why} Choose the passphrase file or memory.`)
  }
  return {
    kind: 'none',
    status: async () => ({ state: 'absent', why }),
    get: refuse,
    set: refuse,
    delete: refuse,
    close: async () => {},
  }
}
