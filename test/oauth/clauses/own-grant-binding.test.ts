import { describe, expect, it } from 'vitest'
import { connectTo, openHouse, serverAt } from '../support/house.ts'
import { announce } from '../support/revocations.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** A grant is bound to resource, issuer, token endpoint, client and redirect URI: on a change nothing is sent anywhere. */

const HOUR = 3_600_000
const renewals = (provider: ScriptedProvider) =>
  provider.to('/token').filter(({ form }) => form.get('grant_type') === 'refresh_token')

describe('what its provider says later', () => {
  it.each([
    ['names another token endpoint', (evil: string) => ({ token_endpoint: `${evil}/token` })],
    ['speaks for another issuer', (evil: string) => ({ issuer: evil })],
  ])('freezes the grant when it %s', async (_what, changes) => {
    await using evil = await startScriptedProvider()
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    await connectTo(house, provider.serverUrl)
    announce(provider, changes(evil.origin))
    house.time.now += HOUR
    for (const _turn of [1, 2])
      await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
        code: 'grant.frozen',
      })
    expect(evil.received).toEqual([])
    expect(renewals(provider)).toEqual([])
    expect(house.grants.list()[0]?.state).toBe('frozen')
  })
})

describe('what an edit of the state database says', () => {
  it.each(['issuer', 'client_id', 'resource'])(
    'freezes the grant when it is another %s',
    async (column) => {
      await using evil = await startScriptedProvider()
      await using provider = await startScriptedProvider()
      await using house = await openHouse()
      await connectTo(house, provider.serverUrl)
      house.state.prepare(`UPDATE grants SET ${column} = ?`).run(evil.origin)
      house.state.prepare('UPDATE registrations SET issuer = ?').run(evil.origin)
      house.time.now += HOUR
      await expect(house.grants.accessToken('notes')).rejects.toMatchObject({
        code: 'grant.frozen',
      })
      expect(evil.received).toEqual([])
      expect(renewals(provider)).toEqual([])
    },
  )

  it('cannot move the answer of the next sign-in off this machine', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse()
    const left = await house.grants.connect(serverAt(provider.serverUrl))
    left.cancel()
    house.state.prepare('UPDATE registrations SET redirect_uri = ?').run('https://evil.example/cb')
    const connecting = house.grants.connect(serverAt(provider.serverUrl))
    await expect(connecting).rejects.toMatchObject({ code: 'oauth.registration_needed' })
  })
})

it('a new sign-in takes the place of a frozen grant', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  await connectTo(house, provider.serverUrl)
  house.state.prepare("UPDATE grants SET state = 'frozen'").run()
  await connectTo(house, provider.serverUrl)
  expect(house.grants.list().filter(({ state }) => state === 'connected')).toHaveLength(1)
  await house.grants.accessToken('notes')
})
