import { expect, it } from 'vitest'
import { readStoredClient, writeStoredClient } from '../../main/oauth/stored-client.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'

const issuer = 'https://id.example'

it('every registration of one issuer stays known, however many there are', async () => {
  const vault = createMemoryStore()
  const known = createKnownSecrets()
  for (let server = 0; server < 20; server++) {
    const management = {
      uri: `${issuer}/register/${server}`,
      token: `its-token-${server}`,
      serverUrl: `https://${server}.example/mcp`,
      allowPrivateNetwork: false,
    }
    const stored = { issuer, secret: `its-secret-${server}`, management }
    await writeStoredClient(vault, `id-${server}`, stored, known)
  }
  const values = [...known.entries()].map(({ value }) => value)
  expect(values).toHaveLength(40)
  const again = createKnownSecrets()
  for (let server = 0; server < 20; server++)
    await readStoredClient(vault, `id-${server}`, issuer, again)
  expect([...again.entries()].map(({ value }) => value)).toEqual(values)
})
