import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { openFileStore } from '../../main/vault/file.ts'
import {
  deriveKey,
  freshParameters,
  readParameters,
  seal,
  unseal,
} from '../../main/vault/file-format.ts'
import type { SecretStore } from '../../main/vault/store.ts'
import { createVaultIndex } from '../../main/vault/vault-index.ts'
import { testHome } from '../harness/home.ts'
import { openHome, type WarderHome, warderHome } from './keychain-setup.ts'

const run = promisify(execFile)
const fillDisk = fileURLToPath(new URL('./fixtures/fill-disk.ts', import.meta.url))
const vaultFile = (home: WarderHome) => path.join(home.path, 'vault.enc')

async function open(
  home: WarderHome,
  passphrase = 'a long passphrase',
): Promise<SecretStore & AsyncDisposable> {
  const store = await openFileStore({
    home: home.path,
    index: createVaultIndex(home.state, 'file', Date.now),
    passphrase: async () => passphrase,
    randomBytes,
  })
  return { ...store, [Symbol.asyncDispose]: () => store.close() }
}

const wrongPassphrase = { code: 'vault.wrong_passphrase' }

describe('the passphrase vault', () => {
  it('keeps values over a restart and shows nothing of them, not even their names', async () => {
    await using home = await warderHome()
    const value = randomBytes(32).toString('base64url')
    {
      await using vault = await open(home)
      await Promise.all([vault.set('grant:a', value), vault.set('grant:b', 'Grüße\0世界')])
      await vault.set('secret:gone', value)
      await vault.delete('secret:gone')
    }
    await using vault = await open(home)
    expect(await vault.get('grant:a')).toBe(value)
    expect(await vault.get('grant:b')).toBe('Grüße\0世界')
    expect(await vault.get('secret:gone')).toBeNull()

    const bytes = await readFile(vaultFile(home))
    expect(bytes.includes(value)).toBe(false)
    expect(bytes.includes('grant')).toBe(false)
    expect((await stat(vaultFile(home))).mode & 0o777).toBe(0o600)
    expect((await readdir(home.path)).filter((name) => name.startsWith('vault'))).toEqual([
      'vault.enc',
    ])
  })

  it('asks once, and says whether a passphrase is chosen or repeated', async () => {
    await using home = await warderHome()
    const purposes: string[] = []
    const index = createVaultIndex(home.state, 'file', Date.now)
    const passphrase = async (purpose: string) => {
      purposes.push(purpose)
      return 'a long passphrase'
    }
    const options = { home: home.path, index, passphrase, randomBytes }
    await (await openFileStore(options)).close()
    await (await openFileStore(options)).close()
    expect(purposes).toEqual(['create', 'open'])
  })

  it('refuses a wrong passphrase and an empty one', async () => {
    await using home = await warderHome()
    await expect(open(home, '')).rejects.toMatchObject({ code: 'usage.invalid' })
    await (await open(home)).close()
    await expect(open(home, 'a long passphrasf')).rejects.toMatchObject(wrongPassphrase)
  })

  it('takes the same characters for the same passphrase, however they are composed', async () => {
    await using home = await warderHome()
    await (await open(home, 'Gr\u00fc\u00dfe')).close()
    await using vault = await open(home, 'Gru\u0308\u00dfe')
    expect(vault.kind).toBe('file')
  })

  it('does not call a stored value never set when the file is gone', async () => {
    await using home = await warderHome()
    {
      await using vault = await open(home)
      await vault.set('grant:a', 'value')
    }
    await rm(vaultFile(home))
    await using vault = await open(home, 'another passphrase')
    await expect(vault.get('grant:a')).rejects.toMatchObject({ code: 'vault.locked_or_missing' })
    await vault.delete('grant:a')
    expect(await vault.get('grant:a')).toBeNull()
  })

  it('passes over what a crash left beside it', async () => {
    await using home = await warderHome()
    await (await open(home)).close()
    await writeFile(`${vaultFile(home)}.new`, 'half a file')
    await using vault = await open(home)
    await vault.set('grant:a', 'value')
    expect(await vault.get('grant:a')).toBe('value')
    expect(await readdir(home.path)).not.toContain('vault.enc.new')
  })

  it.runIf(process.platform === 'linux')(
    'keeps the old file whole when the disk takes no more',
    async () => {
      await using home = await testHome()
      // The limit on the size of a file stands in for a full disk: the same write fails, and needs no disk of its own.
      const { stdout } = await run('prlimit', [
        `--fsize=${1_048_576}`,
        process.execPath,
        fillDisk,
        home.path,
      ])
      const report = JSON.parse(stdout) as Record<string, unknown>
      expect(report).toEqual({
        stored: expect.any(Number),
        set: 'vault.write_failed',
        after: null,
        deleted: 'done',
        files: ['vault.enc'],
      })
      const stored = Number(report.stored)
      expect(stored).toBeGreaterThan(5)

      await using again = openHome(home.path)
      await using vault = await open(again)
      expect(await vault.get('secret:0')).toBeNull()
      expect((await vault.get(`secret:${stored - 1}`))?.length).toBe(60_000)
      expect(await vault.get(`secret:${stored}`)).toBeNull()
    },
  )
})

describe('an altered vault file', () => {
  const content = new Map([['grant:a', 'the value of a grant']])

  it('does not open: every byte, every length', async () => {
    const key = await deriveKey('a long passphrase', freshParameters(randomBytes))
    const file = seal(key, content, randomBytes)
    expect(unseal(key, file)).toEqual(content)
    for (let at = 0; at < file.length; at++) {
      for (const mask of [0x01, 0x20, 0x80]) {
        const altered = Buffer.from(file)
        altered.writeUInt8(file.readUInt8(at) ^ mask, at)
        expect(() => unseal(key, altered)).toThrow(expect.objectContaining(wrongPassphrase))
      }
      const shorter = file.subarray(0, at)
      expect(() => unseal(key, shorter)).toThrow(expect.objectContaining(wrongPassphrase))
    }
    const longer = Buffer.concat([file, Buffer.of(0)])
    expect(() => unseal(key, longer)).toThrow(expect.objectContaining(wrongPassphrase))
  })

  it('does not open with the right passphrase either, and stays as it is', async () => {
    await using home = await warderHome()
    {
      await using vault = await open(home)
      await vault.set('grant:a', 'value')
    }
    const file = await readFile(vaultFile(home))
    const places = [file.indexOf('"salt":"') + 8, file.indexOf('"nonce":"') + 9, file.length - 1]
    for (const at of places) {
      const altered = Buffer.from(file)
      // Still base64url where it was: only the key and the tag can tell.
      altered.writeUInt8(file.readUInt8(at) === 0x41 ? 0x42 : 0x41, at)
      await writeFile(vaultFile(home), altered)
      await expect(open(home)).rejects.toMatchObject(wrongPassphrase)
      expect((await readFile(vaultFile(home))).equals(altered)).toBe(true)
    }
    await writeFile(vaultFile(home), file)
    await using vault = await open(home)
    expect(await vault.get('grant:a')).toBe('value')
  })

  it.each([
    ['more memory than there is', { N: 2 ** 30 }],
    ['less work than we do', { N: 2 ** 14 }],
    ['N that is no power of two', { N: 2 ** 17 + 1 }],
    ['a larger block', { r: 1_000_000 }],
    ['more passes', { p: 1_000_000 }],
    ['another function', { name: 'none' }],
    ['a short salt', { salt: 'AAAA' }],
  ])('that asks for %s is refused before any key is derived', (_, change) => {
    const header = {
      format: 'warder-vault',
      version: 1,
      kdf: { ...freshParameters(randomBytes), ...change },
      cipher: 'aes-256-gcm',
      nonce: 'A'.repeat(16),
    }
    const file = Buffer.from(`${JSON.stringify(header)}\n${'x'.repeat(64)}`)
    expect(() => readParameters(file)).toThrow(expect.objectContaining(wrongPassphrase))
  })
})

it('draws a nonce for each write and a salt for each key', async () => {
  const [one, two] = [freshParameters(randomBytes), freshParameters(randomBytes)]
  expect(one.salt).not.toBe(two.salt)
  const key = await deriveKey('a long passphrase', one)
  const nonces = Array.from({ length: 100 }, () => {
    const file = seal(key, new Map(), randomBytes)
    return /"nonce":"([^"]+)"/.exec(file.toString('latin1'))?.[1]
  })
  expect(new Set(nonces).size).toBe(100)
})
