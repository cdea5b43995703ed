import type { randomBytes } from 'node:crypto'
import { isWarderError, WarderError } from '../errors.ts'
import { checkKey, checkValue } from './input.ts'
import type { KeychainClient } from './keychain-client.ts'
import { chunkName, chunkPrefix, decodeChunks, decodeHead, encodeValue } from './keychain-items.ts'
import { createSerial } from './serial.ts'
import type { SecretStore, VaultStatus } from './store.ts'
import type { VaultIndex } from './vault-index.ts'

export interface KeychainOptions {
  readonly client: KeychainClient
  readonly index: VaultIndex
  /** What the account names of this home begin with. */
  readonly accountPrefix: string
  readonly randomBytes: typeof randomBytes
}

/** The store over the keychain of the operating system. */
export interface KeychainStore extends SecretStore {
  /**
   * Writes, reads, compares and deletes an item of no value: the only way to learn whether the keychain works. May
   * make the keychain prompt. @throws nothing that the keychain can do; it is all in the status
   */
  probe(): Promise<VaultStatus>
}

export function createKeychainStore(options: KeychainOptions): KeychainStore {
  const { client, index } = options
  const serial = createSerial()
  const account = (name: string) => options.accountPrefix + name
  let status: VaultStatus = { state: 'absent', why: 'The keychain has not been asked yet.' }

  /** Every operation on the keychain tells its state, so that nobody has to be prompted just to learn it. */
  async function learn<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      status = { state: 'available', why: null }
      return result
    } catch (error) {
      status = statusAfter(error) ?? status
      throw error
    }
  }

  async function read(name: string): Promise<string> {
    const text = await client.get(account(name))
    if (text === null) throw lockedOrMissing()
    return text
  }

  async function load(key: string): Promise<string | null> {
    const head = await client.get(account(key))
    if (head === null) {
      if (index.has(key)) throw lockedOrMissing()
      return null
    }
    const item = decodeHead(head)
    if ('value' in item) return item.value
    const numbers = Array.from({ length: item.chunks }, (_, number) => number)
    const chunks = numbers.map((number) => read(chunkName(key, item.generation, number)))
    return decodeChunks(item, await Promise.all(chunks))
  }

  async function write(key: string, value: string): Promise<void> {
    const generation = options.randomBytes(4).toString('hex')
    const { head, chunks } = encodeValue(key, value, generation)
    // The header goes last: until it is there, the old one leads to the old chunks.
    index.add([key, ...chunks.map((chunk) => chunk.name)])
    for (const chunk of chunks) await client.set(account(chunk.name), chunk.text)
    await client.set(account(key), head)
    await verify(key, value)
    const old = index
      .startingWith(chunkPrefix(key))
      .filter((name) => !name.startsWith(chunkPrefix(key, generation)))
    // The new value stands; what could not be swept is still listed and is tried again with the next write or delete.
    await sweep(old).catch(() => {})
  }

  async function verify(key: string, value: string): Promise<void> {
    try {
      if ((await load(key)) === value) return
    } catch (error) {
      if (!isWarderError(error, 'vault.locked_or_missing', 'vault.damaged')) throw error
    }
    throw new WarderError(
      'vault.write_failed',
      'The keychain did not give back what was written to it.',
    )
  }

  async function sweep(names: readonly string[]): Promise<void> {
    const gone: string[] = []
    try {
      for (const name of names) {
        await remove(name)
        gone.push(name)
      }
    } finally {
      if (gone.length > 0) index.remove(gone)
    }
  }

  /**
   * Only a delete that answers `true` counts. `false` is a locked keyring, or an item that is gone already (deleted by
   * hand, or by a helper that was killed before it could answer). Writing something worthless in its place tells them
   * apart: a locked keyring refuses that, and the other case ends with a delete that answers `true`.
   */
  async function remove(name: string): Promise<void> {
    if (await client.delete(account(name))) return
    await client.set(account(name), TOMBSTONE)
    if (!(await client.delete(account(name))))
      throw new WarderError('vault.delete_failed', NOT_DELETED)
  }

  return {
    kind: 'keychain',
    status: async () => status,
    probe: () =>
      serial.run(CANARY, async () => {
        const value = options.randomBytes(16).toString('hex')
        try {
          await learn(async () => {
            await client.set(account(CANARY), value)
            if ((await read(CANARY)) !== value) throw lockedOrMissing()
            await remove(CANARY)
          })
        } catch (error) {
          if (!isWarderError(error)) throw error
          // Failed in a way that tells nothing: not usable is what it is.
          if (statusAfter(error) === undefined) status = { state: 'absent', why: error.message }
        }
        return status
      }),
    get(key) {
      checkKey(key)
      return serial.run(key, () => (index.has(key) ? learn(() => load(key)) : load(key)))
    },
    set(key, value) {
      checkKey(key)
      checkValue(value)
      return serial.run(key, async () => {
        const known = index.has(key)
        try {
          await learn(() => write(key, value))
        } catch (error) {
          // Refused outright, so nothing was written: the key stays one that was never set.
          if (!known && isWarderError(error, 'vault.locked', 'vault.absent')) index.remove([key])
          throw error
        }
      })
    },
    delete(key) {
      checkKey(key)
      return serial.run(key, async () => {
        try {
          // Chunks may be listed for a key that is not: a first write that a keyring refused half way.
          const listed = [...index.startingWith(chunkPrefix(key)), ...(index.has(key) ? [key] : [])]
          if (listed.length > 0) await learn(() => sweep(listed))
          else await client.delete(account(key))
        } catch (error) {
          throw notDeleted(error)
        }
      })
    },
    close: async () => client.close(),
  }
}

/** Not a key that {@link checkKey} lets through. */
const CANARY = '#canary'
const TOMBSTONE = 'deleted'
const NOT_DELETED =
  'The keychain did not confirm that the item was deleted: take it as still there.'

const lockedOrMissing = () =>
  new WarderError(
    'vault.locked_or_missing',
    'The keychain does not show an item that Warder stored: it is locked, or the item was removed.',
  )

const notDeleted = (error: unknown) =>
  isWarderError(error, 'vault.delete_failed')
    ? error
    : new WarderError('vault.delete_failed', NOT_DELETED, { cause: error })

/** What an error tells about the whole keychain; undefined where it tells nothing. */
function statusAfter(error: unknown): VaultStatus | undefined {
  if (isWarderError(error, 'vault.absent')) return { state: 'absent', why: error.message }
  if (
    isWarderError(
      error,
      'vault.locked',
      'vault.timeout',
      'vault.locked_or_missing',
      'vault.delete_failed',
    )
  )
    return { state: 'locked', why: error.message }
  return undefined
}
