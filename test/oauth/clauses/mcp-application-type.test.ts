import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP, Application Type: without it a provider takes Warder for a web application, and refuses loopback. */

it('registers as a native application with refresh tokens, on a loopback path of the issuer', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  signIn.cancel()
  const [registration] = provider.to('/register').map(({ json }) => json)
  expect(registration).toMatchObject({
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    redirect_uris: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/cb\/[0-9a-f]{16}$/)],
  })
})
