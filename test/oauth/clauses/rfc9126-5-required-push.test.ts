import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { type Script, startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 9126 §5: a provider that requires pushed requests gets its parameters by POST, never through the browser. */
async function providerWith(answer: Script | null) {
  const provider = await startScriptedProvider()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      require_pushed_authorization_requests: true,
      ...(answer && { pushed_authorization_request_endpoint: `${provider.origin}/par` }),
    }),
  }))
  if (answer !== null) provider.answers.set('/par', answer)
  return provider
}

it('opens a page that holds nothing but the client and the reference', async () => {
  let count = 0
  await using provider = await providerWith(() => ({
    status: 201,
    body: { request_uri: `urn:ietf:params:oauth:request_uri:${++count}`, expires_in: 60 },
  }))
  await using house = await openHouse()
  const opened = []
  for (let turn = 0; turn < 2; turn++) {
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    opened.push(Object.fromEntries(new URL(signIn.url).searchParams))
    signIn.cancel()
  }
  // §4: a reference is good for one request.
  expect(opened).toEqual([
    { client_id: expect.any(String), request_uri: 'urn:ietf:params:oauth:request_uri:1' },
    { client_id: expect.any(String), request_uri: 'urn:ietf:params:oauth:request_uri:2' },
  ])
  const [pushed] = provider.to('/par').map(({ form }) => Object.fromEntries(form))
  expect(pushed).toMatchObject({ response_type: 'code', code_challenge_method: 'S256' })
})

it.each<[string, Script | null]>([
  ['offers no endpoint for it', null],
  ['refuses it', () => ({ status: 400, body: { error: 'invalid_request' } })],
  ['answers without a reference', () => ({ status: 201, body: { expires_in: 60 } })],
  ['sends the request elsewhere', () => ({ status: 307, headers: { location: '/par2' } })],
])('opens no page where the provider %s', async (_what, answer) => {
  await using provider = await providerWith(answer)
  await using house = await openHouse()
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({
    code: expect.stringMatching(/^oauth\.(?!browser)/),
  })
  expect(house.opened).toEqual([])
  expect(provider.to('/par2')).toEqual([])
})
