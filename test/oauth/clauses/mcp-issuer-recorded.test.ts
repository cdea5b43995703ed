import { expect, it } from 'vitest'
import { allow, answerTo, openHouse, serverAt } from '../support/house.ts'
import { announce } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP, Authorization Response Validation: the issuer is noted with state and verifier before the browser opens. */

it('what server and provider say after that changes nothing for the sign-in that waits', async () => {
  await using evil = await startScriptedProvider()
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: provider.resourceMetadata({ authorization_servers: [evil.origin] }),
  }))
  announce(provider, { issuer: evil.origin, token_endpoint: `${evil.origin}/token` })
  const mixedUp = await fetch(answerTo(signIn, { code: 'the-code', iss: evil.origin }))
  expect(mixedUp.status).toBe(400)
  const grant = await allow(signIn)
  expect(grant.issuer).toBe(provider.origin)
  expect(provider.to('/token')).toHaveLength(1)
  expect(evil.received).toEqual([])
})
