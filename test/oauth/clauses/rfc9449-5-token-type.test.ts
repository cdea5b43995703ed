import { describe, expect, it } from 'vitest'
import { readProof } from '../../harness/dpop-proof.ts'
import { startBoundProvider, tokens } from '../support/bound.ts'
import { allow, connectTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

const HOUR = 3_600_000

describe('a sign-in that asked for a bound token', () => {
  it('takes one, by a proof of the key that the request named', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    const flow = await house.grants.connect(serverAt(provider.serverUrl))
    expect((await allow(flow)).bound).toBe('dpop')
    const proof = await readProof(provider.to('/token')[0]?.headers.dpop)
    expect(proof.claims).toMatchObject({ htm: 'POST', htu: `${provider.origin}/token` })
    expect(proof.claims.iat).toBe(Math.floor(house.time.now / 1000))
    expect(new URL(flow.url).searchParams.get('dpop_jkt')).toBe(proof.jkt)
  })

  it('refuses a bearer token, and keeps nothing of it', async () => {
    await using provider = await startBoundProvider()
    provider.answers.set('/token', () => tokens('Bearer'))
    await using house = await openHouse()
    await expect(connectTo(house, provider.serverUrl)).rejects.toMatchObject({
      code: 'oauth.dpop_downgrade',
    })
    expect(house.grants.list()).toEqual([])
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'grant.sign_in_needed',
    })
  })
})

describe('a renewal of a bound grant', () => {
  it('proves the key of the sign-in, also after a restart', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    await house.restart()
    expect((await house.grants.accessToken('notes')).proof).not.toBeNull()
    const [first, second] = await Promise.all(
      provider.to('/token').map(({ headers }) => readProof(headers.dpop)),
    )
    expect(second?.jkt).toBe(first?.jkt)
    expect(second?.claims.jti).not.toBe(first?.claims.jti)
  })

  it('refuses a bearer token, and holds the account', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    provider.answers.set('/token', () => tokens('Bearer', 'unbound'))
    house.time.now += 2 * HOUR
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
      code: 'oauth.dpop_downgrade',
    })
    expect(house.grants.list()).toMatchObject([{ state: 'frozen', bound: 'dpop' }])
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({ code: 'grant.frozen' })
    const [held, renewal] = house.grants.history('notes/default', 2).entries
    expect(held).toMatchObject({ event: 'frozen', reason: 'unbound' })
    expect(renewal).toMatchObject({ outcome: 'refused', code: 'oauth.dpop_downgrade' })
    const [row] = house.grants.list()
    const item = await house.vault.get(`grant:${row?.id}`)
    expect(item).not.toContain('unbound')
  })
})

it('is refused as DPoP where no proof was sent', async () => {
  await using provider = await startScriptedProvider()
  provider.answers.set('/token', () => tokens('DPoP'))
  await using house = await openHouse()
  await expect(connectTo(house, provider.serverUrl)).rejects.toMatchObject({
    code: 'oauth.token_refused',
  })
  expect(provider.to('/token')[0]?.headers.dpop).toBeUndefined()
})

describe('the key', () => {
  it('lies in the vault item of the grant, is masked, and is in no database', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    const grant = await connectTo(house, provider.serverUrl)
    const { dpopKey } = JSON.parse((await house.vault.get(`grant:${grant.id}`)) ?? '{}')
    expect(dpopKey.d).toMatch(/^[\w-]{43}$/)
    expect([...house.knownSecrets.entries()].map(({ value }) => value)).toContain(dpopKey.d)
    const rows = house.state.prepare('SELECT * FROM grants').all()
    expect(JSON.stringify(rows)).not.toContain(dpopKey.d)
  })

  it('cannot be taken from a grant by an edit of the database', async () => {
    await using provider = await startBoundProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    house.state.prepare('UPDATE grants SET bound = NULL').run()
    await house.restart()
    const sent = provider.to('/token').length
    await expect(house.grants.accessToken('notes')).rejects.toMatchObject({ code: 'grant.frozen' })
    expect(provider.to('/token')).toHaveLength(sent)
  })
})

it('proves the key where a revoked refresh token is tried once more, or the refusal would tell nothing', async () => {
  await using provider = await startBoundProvider()
  await using house = await openHouse()
  const grant = await connectTo(house, provider.serverUrl)
  provider.answers.set('/token', () => ({ status: 400, body: { error: 'invalid_grant' } }))
  await house.grants.revoke(grant.id, 'by the test')
  const [issued, tried] = await Promise.all(
    provider.to('/token').map(({ headers }) => readProof(headers.dpop)),
  )
  expect(tried?.jkt).toBe(issued?.jkt)
})
