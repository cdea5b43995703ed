import type { randomBytes } from 'node:crypto'
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import {
  type Content,
  deriveKey,
  freshParameters,
  readParameters,
  seal,
  unseal,
} from './file-format.ts'
import { checkKey, checkValue } from './input.ts'
import { createSerial } from './serial.ts'
import type { SecretStore } from './store.ts'
import type { VaultIndex } from './vault-index.ts'

export interface FileStoreOptions {
  /** The directory that holds `vault.enc`; the caller holds the home's lock, so no other process writes here. */
  readonly home: string
  readonly index: VaultIndex
  /** Asked once. @param purpose `create` where there is no file yet: ask twice, it cannot be recovered */
  readonly passphrase: (purpose: 'open' | 'create') => Promise<string>
  readonly randomBytes: typeof randomBytes
}

/**
 * Opens the passphrase vault, or makes an empty one.
 * @throws WarderError `vault.wrong_passphrase`, `vault.write_failed`, `usage.invalid` for an empty passphrase
 */
export async function openFileStore(options: FileStoreOptions): Promise<SecretStore> {
  const { index, randomBytes: random } = options
  const file = path.join(options.home, 'vault.enc')
  const sealed = await readIfThere(file)
  const passphrase = await options.passphrase(sealed ? 'open' : 'create')
  if (passphrase === '') throw new WarderError('usage.invalid', 'The passphrase is empty.')

  // Derived once: each write would cost half a second, and the key in memory opens no more than the values beside it.
  const key = await deriveKey(passphrase, sealed ? readParameters(sealed) : freshParameters(random))
  let content: Content = sealed ? unseal(key, sealed) : new Map()
  const save = async (next: Content) => {
    await replaceFile(file, seal(key, next, random))
    content = next
  }
  if (!sealed) await save(content)

  const serial = createSerial()
  const inTurn = <T>(work: () => Promise<T>) => serial.run('file', work)
  return {
    kind: 'file',
    status: async () => ({
      state: 'available',
      why: 'Secrets are in a file that your passphrase encrypts; a keychain would open with your login.',
    }),
    get(name) {
      checkKey(name)
      return inTurn(async () => {
        const value = content.get(name)
        if (value === undefined && index.has(name))
          throw new WarderError(
            'vault.locked_or_missing',
            'The vault file does not hold an item that Warder stored: it is an older copy, or was made anew.',
          )
        return value ?? null
      })
    },
    set(name, value) {
      checkKey(name)
      checkValue(value)
      return inTurn(async () => {
        await save(new Map(content).set(name, value))
        index.add([name])
      })
    },
    delete(name) {
      checkKey(name)
      return inTurn(async () => {
        const next = new Map(content)
        if (next.delete(name)) await save(next).catch(notDeleted)
        index.remove([name])
      })
    },
    close: () =>
      inTurn(async () => {
        key.bytes.fill(0)
        content = new Map()
      }),
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new WarderError('store.unwritable', 'The vault file cannot be read.', { cause })
  }
}

/** After a crash or a full disk at any point the file is the old one or the new one, whole. */
async function replaceFile(file: string, bytes: Buffer): Promise<void> {
  const next = `${file}.new`
  try {
    await rm(next, { force: true })
    await withFile(next, 'wx', async (handle) => {
      await handle.writeFile(bytes)
      await handle.sync()
    })
    if (!(await readFile(next)).equals(bytes)) throw new Error('read back something else')
    await rename(next, file)
    // The new name is durable once the directory is. Windows has no such call and needs none.
    if (process.platform !== 'win32')
      await withFile(path.dirname(file), 'r', (handle) => handle.sync())
  } catch (cause) {
    await rm(next, { force: true }).catch(() => {})
    throw new WarderError(
      'vault.write_failed',
      'The vault file could not be written; the old one is as it was.',
      { cause },
    )
  }
}

async function withFile(
  file: string,
  flags: 'wx' | 'r',
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(file, flags, 0o600)
  try {
    await work(handle)
  } finally {
    await handle.close()
  }
}

function notDeleted(cause: unknown): never {
  throw new WarderError(
    'vault.delete_failed',
    'The vault file could not be written, so the item is still in it.',
    { cause },
  )
}
