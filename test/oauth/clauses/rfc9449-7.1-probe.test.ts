import { describe, expect, it } from 'vitest'
import { readProof, tokenHash } from '../../harness/dpop-proof.ts'
import { startBoundProvider } from '../support/bound.ts'
import { connectTo, openHouse } from '../support/house.ts'
import type { ScriptedProvider } from '../support/scripted-provider.ts'

/** Connects, revokes, and says what the probe came to. */
async function probed(provider: ScriptedProvider) {
  await using house = await openHouse()
  const grant = await connectTo(house, provider.serverUrl)
  const { steps } = await house.grants.revoke(grant.id, 'by the test')
  return steps.find(({ step }) => step === 'probe')
}

/** Requests that showed a token to the MCP server. */
const shown = (provider: ScriptedProvider) =>
  provider.to('/mcp').filter(({ headers }) => headers.authorization !== undefined)

const refusing =
  (challenge: string, more: Record<string, string> = {}) =>
  () => ({ status: 401, headers: { 'www-authenticate': challenge, ...more } })

describe('the probe with a bound token', () => {
  it('shows it as such, with a proof, and takes a refusal of the token for one', async () => {
    await using provider = await startBoundProvider()
    provider.answers.set('/mcp', refusing('DPoP error="invalid_token", algs="ES256"'))
    expect(await probed(provider)).toMatchObject({ outcome: 'done', status: 401 })
    const [seen] = shown(provider)
    expect(seen?.headers.authorization).toMatch(/^DPoP /)
    const token = seen?.headers.authorization?.slice('DPoP '.length) ?? ''
    expect((await readProof(seen?.headers.dpop)).claims).toMatchObject({
      htm: 'POST',
      htu: provider.serverUrl,
      ath: tokenHash(token),
    })
  })

  it('is made again with the nonce that the server wants, which is no refusal of the token', async () => {
    await using provider = await startBoundProvider()
    provider.answers.set('/mcp', async ({ headers }) => {
      if (headers.authorization === undefined) return refusing('DPoP')()
      const { claims } = await readProof(headers.dpop)
      return claims.nonce === 'n-1'
        ? { status: 200 }
        : refusing('DPoP error="use_dpop_nonce"', { 'dpop-nonce': 'n-1' })()
    })
    expect(await probed(provider)).toMatchObject({ outcome: 'failed', status: 200 })
    expect(shown(provider)).toHaveLength(2)
  })

  it.each([
    ['the proof', 'DPoP error="invalid_dpop_proof"'],
    ['what is no bearer token', 'Bearer error="invalid_token"'],
    ['for want of a nonce that it does not give', 'DPoP error="use_dpop_nonce"'],
  ])('proves nothing where the server refuses %s', async (_name, challenge) => {
    await using provider = await startBoundProvider()
    provider.answers.set('/mcp', ({ headers }) =>
      refusing(headers.authorization === undefined ? 'DPoP' : challenge)(),
    )
    expect(await probed(provider)).toMatchObject({ outcome: 'failed', status: 401 })
    expect(shown(provider)).toHaveLength(1)
  })
})
