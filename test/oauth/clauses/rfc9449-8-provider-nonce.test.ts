import { describe, expect, it } from 'vitest'
import { readProof } from '../../harness/dpop-proof.ts'
import { startBoundProvider, tokens, wantsNonce } from '../support/bound.ts'
import { connectTo, openHouse } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

const HOUR = 3_600_000

/** Takes proofs with the nonce of the moment only. */
function wanting(provider: ScriptedProvider, nonce: () => string): void {
  let issued = 0
  provider.answers.set('/token', async ({ headers }) => {
    const { claims } = await readProof(headers.dpop)
    return claims.nonce === nonce() ? tokens('DPoP', ++issued) : wantsNonce(nonce())
  })
}

const proofs = (provider: ScriptedProvider) =>
  Promise.all(
    provider.to('/token').map(async ({ headers }) => (await readProof(headers.dpop)).claims),
  )

describe('a provider that wants a nonce', () => {
  it('is asked once more with it, by a new proof', async () => {
    await using provider = await startBoundProvider()
    wanting(provider, () => 'n-1')
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    const [first, second, ...more] = await proofs(provider)
    expect(more).toEqual([])
    expect([first?.nonce, second?.nonce]).toEqual([undefined, 'n-1'])
    expect(second?.jti).not.toBe(first?.jti)
  })

  it('is sent the one it gave last at once, and one more request when that is over', async () => {
    await using provider = await startBoundProvider()
    let nonce = 'n-1'
    wanting(provider, () => nonce)
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    for (const next of ['n-1', 'n-1', 'n-2', 'n-2']) {
      nonce = next
      house.time.now += 2 * HOUR
      await house.grants.accessToken('notes')
    }
    const renewals = (await proofs(provider)).slice(2).map(({ nonce }) => nonce)
    expect(renewals).toEqual([undefined, 'n-1', 'n-1', 'n-1', 'n-2', 'n-2'])
    expect(house.grants.history('notes/default', 4).entries).toMatchObject(
      Array.from({ length: 4 }, () => ({ outcome: 'renewed' })),
    )
  })

  it('is not asked for ever, when it wants another one each time', async () => {
    await using provider = await startBoundProvider()
    let count = 0
    provider.answers.set('/token', () => wantsNonce(`n-${++count}`))
    await using house = await openHouse()
    await expect(connectTo(house, provider.serverUrl)).rejects.toMatchObject({
      code: 'oauth.token_refused',
    })
    expect(count).toBe(2)
  })

  it('is not asked again where no proof was sent', async () => {
    await using provider = await startScriptedProvider()
    provider.answers.set('/token', () => wantsNonce('n-1'))
    await using house = await openHouse()
    await expect(connectTo(house, provider.serverUrl)).rejects.toMatchObject({
      code: 'oauth.token_refused',
    })
    expect(provider.to('/token')).toHaveLength(1)
  })
})
