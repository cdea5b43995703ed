import { expect, it } from 'vitest'
import { allow, openHouse, serverAt } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** Two providers of one resource: which of them is asked, and that nothing of one ever reaches the other. */
async function twoProviders() {
  const stack = new AsyncDisposableStack()
  const one = stack.use(await startScriptedProvider())
  const other = stack.use(await startScriptedProvider())
  const list = (...issuers: string[]) =>
    one.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
      body: one.resourceMetadata({ authorization_servers: issuers }),
    }))
  list(one.origin, other.origin)
  return { one, other, list, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const publish = (provider: ScriptedProvider, changes: Record<string, unknown>) =>
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata(changes),
  }))

it('takes the first, and says which others there are', async () => {
  await using both = await twoProviders()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(both.one.serverUrl))
  expect([signIn.issuer, signIn.otherIssuers]).toEqual([both.one.origin, [both.other.origin]])
  signIn.cancel()
  expect(both.other.received).toEqual([])
})

it('takes the first where Warder can become a client', async () => {
  await using both = await twoProviders()
  publish(both.one, { registration_endpoint: undefined })
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(both.one.serverUrl))
  expect(signIn.issuer).toBe(both.other.origin)
  signIn.cancel()
})

it.each([
  ['speaks for another issuer', { issuer: 'https://evil.example' }, 'oauth.issuer_mismatch'],
  ['has no PKCE', { code_challenge_methods_supported: [] }, 'oauth.pkce_unsupported'],
])('does not go on to the next where the first %s', async (_what, changes, code) => {
  await using both = await twoProviders()
  publish(both.one, changes)
  await using house = await openHouse()
  const connecting = house.grants.connect(serverAt(both.one.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code })
  expect(both.other.received).toEqual([])
})

it('takes the one that the person names, as it is listed', async () => {
  await using both = await twoProviders()
  await using house = await openHouse()
  const server = serverAt(both.one.serverUrl)
  const signIn = await house.grants.connect(server, { issuer: both.other.origin })
  expect(signIn.issuer).toBe(both.other.origin)
  signIn.cancel()
  const similar = house.grants.connect(server, { issuer: `${both.other.origin}/` })
  await expect(similar).rejects.toMatchObject({ code: 'oauth.issuer_not_listed' })
})

it('stays where the server has an account, and shows that provider its own tokens only', async () => {
  await using both = await twoProviders()
  await using house = await openHouse()
  const server = serverAt(both.one.serverUrl)
  await allow(await house.grants.connect(server, { issuer: both.other.origin }))
  const again = await house.grants.connect(server)
  expect(again.issuer).toBe(both.other.origin)
  again.cancel()
  await house.grants.rejected(await house.grants.accessToken('notes'))
  expect(both.one.to('/token')).toEqual([])
  expect(both.one.to('/register')).toEqual([])
})

it('asks whose a client is that was registered by hand', async () => {
  await using both = await twoProviders()
  await using house = await openHouse()
  const server = serverAt(both.one.serverUrl, { clientId: 'by-hand' })
  await expect(house.grants.connect(server)).rejects.toMatchObject({
    code: 'oauth.issuer_choice',
    details: { issuers: [both.one.origin, both.other.origin] },
  })
  const chosen = await house.grants.connect(server, { issuer: both.other.origin })
  expect(new URL(chosen.url).origin).toBe(both.other.origin)
  chosen.cancel()
})
