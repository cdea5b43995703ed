import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { allow, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 7636 §4.2, MCP: S256 always, and no sign-in where the provider does not say that it checks it. */

it.each([
  ['says nothing of PKCE', undefined, 'oauth.pkce_unsupported'],
  ['offers plain only', ['plain'], 'oauth.pkce_unsupported'],
  ['spells S256 in another case', ['s256'], 'oauth.pkce_unsupported'],
  ['writes a string for a list', 'S256', 'oauth.metadata_invalid'],
])('refuses a provider that %s', async (_what, methods, code) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ code_challenge_methods_supported: methods }),
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code })
  expect(house.opened).toEqual([])
})

it('shows the browser the hash of a verifier that only the token endpoint sees, another each time', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const asked = []
  for (let turn = 0; turn < 2; turn++) {
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    asked.push(signIn.url)
    await allow(signIn)
  }
  const verifiers = provider.to('/token').map(({ form }) => form.get('code_verifier') ?? '')
  expect(new Set(verifiers).size).toBe(2)
  for (const [turn, verifier] of verifiers.entries()) {
    const request = new URL(asked[turn] ?? '').searchParams
    // RFC 7636 §4.1: 43 to 128 unreserved characters.
    expect(verifier).toMatch(/^[A-Za-z0-9._~-]{43,128}$/)
    expect(asked[turn]).not.toContain(verifier)
    expect(request.get('code_challenge_method')).toBe('S256')
    expect(request.get('code_challenge')).toBe(
      createHash('sha256').update(verifier).digest('base64url'),
    )
  }
})
