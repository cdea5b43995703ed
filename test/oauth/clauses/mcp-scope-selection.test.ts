import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP, Scope Selection Strategy: no more than the server says it needs. */

const wellKnown = '/.well-known/oauth-protected-resource/mcp'

it.each([
  ['the scope of the challenge, not all that are supported', 'scope="files:list"', ['files:list']],
  ['those supported where the challenge names none', 'realm="x"', ['files:read', 'files:write']],
])('asks for %s', async (_what, challenge, scopes) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const scopes_supported = ['files:read', 'files:write']
  provider.answers.set('/mcp', () => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer ${challenge}` },
  }))
  provider.answers.set(wellKnown, () => ({ body: provider.resourceMetadata({ scopes_supported }) }))
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  expect(new URL(signIn.url).searchParams.get('scope')?.split(' ')).toEqual(scopes)
})

it('never asks for a scope that would be another parameter', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  provider.answers.set(wellKnown, () => ({
    body: provider.resourceMetadata({ scopes_supported: ['a"&redirect_uri=x'] }),
  }))
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
})
