import { describe, expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

const wellKnown = '/.well-known/oauth-protected-resource'

describe('where protected resource metadata is looked for (RFC 9728 §3.1, §5.1)', () => {
  it('at the path, then at the root, where the challenge names none', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set('/mcp', () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } }))
    provider.answers.set(`${wellKnown}/mcp`, () => ({ body: '<html>our app</html>' }))
    provider.answers.set(wellKnown, () => ({ body: provider.resourceMetadata() }))
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    signIn.cancel()
    const asked = provider.received
      .map(({ path }) => path)
      .filter((path) => path.includes('resource'))
    expect(asked).toEqual([`${wellKnown}/mcp`, wellKnown])
  })

  it('only where the challenge says, if it says so', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    provider.answers.set(`${wellKnown}/mcp`, () => ({ status: 404 }))
    provider.answers.set(wellKnown, () => ({ body: provider.resourceMetadata() }))
    const connecting = house.grants.connect(serverAt(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
    expect(provider.to(wellKnown)).toEqual([])
  })
})
