import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, glob, readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { startKeyring } from '../harness/keyring.ts'
import { keychainStore, secretTool, warderHome, watchedHelper } from './keychain-setup.ts'

const NOBODY = { uid: 65_534, gid: 65_534 }
const isRoot = process.getuid?.() === 0
const token = () => randomBytes(32).toString('base64url')

describe('MISSION A2: who finds a grant in the keychain', () => {
  it('another home of the same user does not, nor does it disturb it', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using first = await warderHome()
    await using second = await warderHome()
    await using mine = keychainStore(first, watchedHelper(keyring.env))
    await using other = keychainStore(second, watchedHelper(keyring.env))
    const value = token()
    await mine.set('grant:a', value)
    expect(await other.get('grant:a')).toBeNull()
    await other.set('grant:a', token())
    await other.delete('grant:a')
    expect(await mine.get('grant:a')).toBe(value)
  })

  it('a copy of the disk does not, until somebody knows the password', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const value = token()
    {
      await using store = keychainStore(home, watchedHelper(keyring.env))
      await store.set('grant:a', value)
    }
    // The copy has it all: the keyring's files and Warder's home at the same path with the same state database.
    await using copy = await startKeyring({ state: 'locked', copyOf: keyring.files })
    await using store = keychainStore(home, watchedHelper(copy.env))
    expect(await store.probe()).toMatchObject({ state: 'locked' })
    await expect(store.get('grant:a')).rejects.toMatchObject({ code: 'vault.locked_or_missing' })
    const account = store.account('grant:a')
    expect(await secretTool(copy.env, 'lookup', account)).toBeUndefined()

    await copy.unlock()
    expect(await store.get('grant:a')).toBe(value)
  })

  it.runIf(isRoot)('another user of the machine does not', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    const value = token()
    await store.set('grant:a', value)
    // Doors open: what keeps the other user out is the bus and the mode of the files, not the folders around them.
    const folders = [keyring.env.HOME, keyring.env.XDG_RUNTIME_DIR, keyring.files, home.path]
    for (const folder of folders) if (folder !== undefined) await chmod(folder, 0o755)

    const account = store.account('grant:a')
    expect(await secretTool(keyring.env, 'lookup', account)).toContain(value)
    expect(await secretTool(keyring.env, 'lookup', account, NOBODY)).toBeUndefined()
    await expect(busNames(keyring.env, {})).resolves.toContain('org.freedesktop.secrets')
    await expect(busNames(keyring.env, NOBODY)).rejects.toThrow()
    for (const file of await filesUnder(keyring.files, home.path))
      await expect(run('cat', [file], { ...NOBODY })).rejects.toThrow(/Permission denied/)
  })

  it('no file, argument vector or environment holds it in clear', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    await using store = keychainStore(home, watchedHelper(keyring.env))
    const [short, long] = [token(), Array.from({ length: 200 }, token).join('.')]
    await store.set('grant:a', short)
    await store.set('grant:b', long)
    await store.set('grant:b', long.toUpperCase())
    await store.get('grant:b')

    const files = await filesUnder(keyring.env.HOME ?? '', home.path)
    expect(files.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(['login.keyring', 'state.db']),
    )
    const traces = await Promise.all([
      ...files.map((file) => readFile(file)),
      ...(await processTraces()),
    ])
    const needles = [short, long.slice(0, 43), long.slice(-43), long.slice(0, 43).toUpperCase()]
    for (const needle of needles.flatMap(formsOf))
      expect(traces.some((trace) => trace.includes(needle))).toBe(false)
    // The search can find what is there: our own index names the key.
    expect(traces.some((trace) => trace.includes('grant:a'))).toBe(true)
  })
})

const run = promisify(execFile)

async function busNames(env: Readonly<Record<string, string>>, as: object): Promise<string> {
  const { stdout } = await run(
    'dbus-send',
    [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.ListNames',
    ],
    { env, ...as },
  )
  return stdout
}

async function filesUnder(...folders: string[]): Promise<string[]> {
  const found: string[] = []
  for (const folder of folders)
    for (const entry of await readdir(folder, { recursive: true })) {
      const file = path.join(folder, entry)
      if ((await stat(file)).isFile()) found.push(file)
    }
  return found
}

/** What any program of the user can read of every process: its arguments and its environment. */
async function processTraces(): Promise<Buffer[]> {
  const traces: Buffer[] = []
  for await (const file of glob('/proc/[0-9]*/{cmdline,environ}'))
    traces.push(await readFile(file).catch(() => Buffer.alloc(0)))
  return traces
}

function formsOf(value: string): Buffer[] {
  const bytes = Buffer.from(value)
  return [
    bytes,
    Buffer.from(value, 'utf16le'),
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('base64').slice(0, -4)),
  ]
}
