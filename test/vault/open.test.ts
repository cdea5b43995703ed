import { describe, expect, it } from 'vitest'
import { openTestVault, warderHome } from './keychain-setup.ts'

describe('opening a vault that a person chose instead of the keychain', () => {
  it('memory: keeps nothing for the next time', async () => {
    await using home = await warderHome()
    {
      await using vault = await openTestVault(home, {}, { kind: 'memory' })
      expect(vault.kind).toBe('memory')
      expect(await vault.status()).toMatchObject({ state: 'available', why: expect.any(String) })
      await vault.set('grant:a', 'value')
      expect(await vault.get('grant:a')).toBe('value')
      await vault.delete('grant:a')
      expect(await vault.get('grant:a')).toBeNull()
      await vault.set('grant:a', 'value')
    }
    await using vault = await openTestVault(home, {}, { kind: 'memory' })
    expect(await vault.get('grant:a')).toBeNull()
  })

  it('file: asks for the passphrase, and refuses to go on without one', async () => {
    await using home = await warderHome()
    await expect(openTestVault(home, {}, { kind: 'file' })).rejects.toMatchObject({
      code: 'usage.invalid',
    })
    const passphrase = async () => 'a long passphrase'
    await using vault = await openTestVault(home, {}, { kind: 'file', passphrase })
    expect(vault.kind).toBe('file')
    await vault.set('grant:a', 'value')
    expect(await vault.get('grant:a')).toBe('value')
  })

  it('refuses a key that Warder never makes', async () => {
    await using home = await warderHome()
    await using vault = await openTestVault(home, {}, { kind: 'memory' })
    for (const key of ['', 'grant:a#0', ' grant', 'grant\0', '#canary', 'x'.repeat(201)])
      await expect(vault.get(key)).rejects.toMatchObject({ code: 'internal.unexpected' })
  })
})
