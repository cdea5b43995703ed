import { expect, it } from 'vitest'
import { readProof } from '../../harness/dpop-proof.ts'
import { PROVIDER_METADATA, startBoundProvider, wantsNonce } from '../support/bound.ts'
import { openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

it('binds the code to the key from the first request on', async () => {
  await using provider = await startBoundProvider()
  await using house = await openHouse()
  const flow = await house.grants.connect(serverAt(provider.serverUrl))
  expect(new URL(flow.url).searchParams.get('dpop_jkt')).toMatch(/^[\w-]{43}$/)
  flow.cancel()
  await expect(flow.completed).rejects.toThrow()
})

it('names no key where tokens are not bound', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const flow = await house.grants.connect(serverAt(provider.serverUrl))
  expect(new URL(flow.url).searchParams.has('dpop_jkt')).toBe(false)
  flow.cancel()
  await expect(flow.completed).rejects.toThrow()
})

it('proves the key in a pushed request too, with the nonce that the provider wants (§10.1)', async () => {
  await using provider = await startBoundProvider()
  provider.answers.set(PROVIDER_METADATA, () => ({
    body: provider.metadata({
      dpop_signing_alg_values_supported: ['ES256'],
      pushed_authorization_request_endpoint: `${provider.origin}/par`,
      require_pushed_authorization_requests: true,
    }),
  }))
  provider.answers.set('/par', async ({ headers }) => {
    const { claims } = await readProof(headers.dpop)
    return claims.nonce === 'n-1'
      ? { status: 201, body: { request_uri: 'urn:example:1', expires_in: 60 } }
      : wantsNonce('n-1')
  })
  await using house = await openHouse()
  const flow = await house.grants.connect(serverAt(provider.serverUrl))
  const pushed = provider.to('/par')
  const answer = { code: 'c', state: pushed[1]?.form.get('state') ?? '', iss: provider.origin }
  await fetch(`${pushed[1]?.form.get('redirect_uri')}?${new URLSearchParams(answer)}`)
  await flow.completed
  expect(pushed).toHaveLength(2)
  const proof = await readProof(pushed[1]?.headers.dpop)
  expect(proof.claims.htu).toBe(`${provider.origin}/par`)
  expect(pushed.map(({ form }) => form.get('dpop_jkt'))).toEqual([proof.jkt, proof.jkt])
  const [redeemed] = provider.to('/token')
  expect((await readProof(redeemed?.headers.dpop)).jkt).toBe(proof.jkt)
})
