import { describe, expect, it } from 'vitest'
import {
  PROVIDER_METADATA,
  RESOURCE_METADATA,
  startBoundProvider,
  tokens,
} from '../support/bound.ts'
import { connectTo, openHouse, serverAt } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const ES256 = { dpop_signing_alg_values_supported: ['ES256'] }
const required = { dpop_bound_access_tokens_required: true }

/** How a resource asks for bound tokens: in its metadata, in its challenge, or in both. */
interface Asking {
  readonly metadata?: Record<string, unknown>
  readonly challenge?: (named: string) => string
}

async function world({ metadata, challenge }: Asking, supported: Record<string, unknown>) {
  const provider = await startScriptedProvider()
  const named = `resource_metadata="${provider.origin}${RESOURCE_METADATA}"`
  provider.answers.set(RESOURCE_METADATA, () => ({ body: provider.resourceMetadata(metadata) }))
  provider.answers.set(PROVIDER_METADATA, () => ({ body: provider.metadata(supported) }))
  if (challenge)
    provider.answers.set('/mcp', () => ({
      status: 401,
      headers: { 'www-authenticate': challenge(named) },
    }))
  provider.answers.set('/token', ({ headers }) => tokens(headers.dpop ? 'DPoP' : 'Bearer'))
  return provider
}

const wanting: [string, Asking][] = [
  ['its metadata require it', { metadata: required }],
  ['its metadata list our algorithm', { metadata: ES256 }],
  ['it challenges for nothing else', { challenge: (named) => `DPoP algs="ES256", ${named}` }],
  ['it challenges for it after Bearer', { challenge: (named) => `Bearer ${named}, DPoP` }],
  [
    'it challenges for it before Bearer',
    { challenge: (named) => `DPoP algs="PS256 ES256", Bearer ${named}` },
  ],
]

describe('where the resource wants bound tokens and the provider issues them', () => {
  it.each(wanting)('they are asked for: %s', async (_name, asking) => {
    await using provider = await world(asking, ES256)
    await using house = await openHouse()
    expect((await connectTo(house, provider.serverUrl)).bound).toBe('dpop')
  })
})

describe('where the resource takes no other tokens and the provider cannot', () => {
  const refused: [string, Asking, Record<string, unknown>][] = [
    ['says nothing', { metadata: required }, {}],
    [
      'has other algorithms',
      { metadata: required },
      { dpop_signing_alg_values_supported: ['RS256'] },
    ],
    ['has none', { metadata: required }, { dpop_signing_alg_values_supported: [] }],
    ['says nothing to a challenge', { challenge: (named) => `DPoP ${named}` }, {}],
    [
      'can, but the resource takes other algorithms',
      { metadata: { ...required, dpop_signing_alg_values_supported: ['RS256'] } },
      ES256,
    ],
    [
      'can, but not those of the challenge',
      { challenge: (named) => `DPoP algs="RS256", ${named}` },
      ES256,
    ],
  ]
  it.each(refused)('nothing is registered or opened: it %s', async (_name, asking, supported) => {
    await using provider = await world(asking, supported)
    await using house = await openHouse()
    await expect(house.grants.connect(serverAt(provider.serverUrl))).rejects.toMatchObject({
      code: 'oauth.dpop_unsupported',
    })
    expect(provider.to('/register')).toEqual([])
    expect(house.opened).toEqual([])
  })
})

describe('where the resource takes both kinds', () => {
  it.each([
    ['the provider cannot', { metadata: ES256 }, {}],
    [
      'the resource has other algorithms',
      { metadata: { dpop_signing_alg_values_supported: ['RS256'] } },
      ES256,
    ],
    ['nobody asks for it', {}, ES256],
  ] as [string, Asking, Record<string, unknown>][])(
    'it gets bearer tokens: %s',
    async (_name, asking, supported) => {
      await using provider = await world(asking, supported)
      await using house = await openHouse()
      const grant = await connectTo(house, provider.serverUrl)
      expect(grant.bound).toBeNull()
      expect(provider.received.filter(({ headers }) => 'dpop' in headers)).toEqual([])
    },
  )
})

describe('an account that was bound', () => {
  const stopsAsking = (provider: ScriptedProvider) =>
    provider.answers.set(RESOURCE_METADATA, () => ({ body: provider.resourceMetadata() }))

  it('stays bound at the next sign-in, though the resource no longer asks for it', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    stopsAsking(provider)
    expect((await connectTo(house, provider.serverUrl)).bound).toBe('dpop')
  })

  it('is not signed in unbound, until a person revoked it', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    stopsAsking(provider)
    provider.answers.set(PROVIDER_METADATA, () => ({ body: provider.metadata() }))
    provider.answers.set('/token', () => tokens('Bearer'))
    await expect(house.grants.connect(serverAt(provider.serverUrl))).rejects.toMatchObject({
      code: 'oauth.dpop_unsupported',
    })
    await house.grants.revoke(grant.id, 'by the test')
    expect((await connectTo(house, provider.serverUrl)).bound).toBeNull()
  })
})
