import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createMemoryStore } from '../../../main/vault/memory.ts'
import { createNoStore } from '../../../main/vault/none.ts'
import { connectTo, type House, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6819 §5.1.6: the longest-lived token is in the vault, the rest in memory, and nothing of them anywhere else. */

async function onDisk({ home }: House): Promise<string> {
  const files = await readdir(home, { recursive: true, withFileTypes: true })
  const read = files
    .filter((file) => file.isFile())
    .map((file) => readFile(path.join(file.parentPath, file.name), 'latin1'))
  return (await Promise.all(read)).join('\n')
}

const spellings = (value: string) => [
  value,
  Buffer.from(value).toString('base64').replace(/=+$/, ''),
  Buffer.from(value).toString('hex'),
  Buffer.from(value, 'utf16le').toString('latin1'),
]

it('no byte of a secret is on the disk, in no spelling, through a whole life', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const { id } = await connectTo(house, provider.serverUrl)
  house.time.now += 3_600_000
  await house.grants.accessToken('notes')
  const secrets = [...house.knownSecrets.entries()].map(({ value }) => value)
  await house.grants.revoke(id, 'by the test')
  expect(secrets).toEqual(expect.arrayContaining(['access-token-2', 'refresh-token-3', 'the-code']))
  const disk = await onDisk(house)
  expect(disk).toContain('notes')
  for (const value of secrets.flatMap(spellings)) expect(disk).not.toContain(value)
})

it('the vault holds one item of a grant, without the access token where there is a refresh token', async () => {
  await using provider = await startScriptedProvider()
  const written = new Map<string, string>()
  const inner = createMemoryStore()
  const set = async (key: string, value: string) => {
    written.set(key, value)
    await inner.set(key, value)
  }
  await using house = await openHouse({ vault: { ...inner, set } })
  const { id } = await connectTo(house, provider.serverUrl)
  const ofGrants = [...written.keys()].filter((key) => key.startsWith('grant:'))
  expect(ofGrants).toEqual([`grant:${id}`])
  const all = [...written.values()].join()
  expect(all).toContain('refresh-token-2')
  expect(all).not.toContain('access-token-2')
})

it('without a vault there is no sign-in, rather than a file', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse({ vault: createNoStore('There is no keychain.') })
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'vault.choose' })
  expect(provider.received).toEqual([])
  expect(house.opened).toEqual([])
})
