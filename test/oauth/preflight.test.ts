import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type House, openHouse, serverAt } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

let provider: ScriptedProvider
let house: House
beforeEach(async () => {
  provider = await startScriptedProvider()
  house = await openHouse()
})
afterEach(async () => {
  await house[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const look = () => house.grants.preflight(serverAt(provider.serverUrl).definition)

describe('a look at a server before it is added', () => {
  it('finds issuer, resource and scopes, and leaves nothing behind', async () => {
    expect(await look()).toMatchObject({
      asks: 'sign-in',
      status: 401,
      problem: null,
      found: {
        issuer: provider.origin,
        resource: provider.serverUrl,
        registration: 'dynamic',
      },
    })
    expect(provider.to('/register')).toEqual([])
    expect(provider.to('/authorize')).toEqual([])
    expect(provider.to('/token')).toEqual([])
    expect(house.grants.list()).toEqual([])
  })

  it('says that a person has to register Warder where the provider takes nobody by itself', async () => {
    const body = provider.metadata({ registration_endpoint: undefined })
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({ body }))
    expect((await look()).found?.registration).toBe('by-hand')
  })

  it('tells a server that names no provider from one whose provider cannot be used', async () => {
    const body = provider.metadata({ code_challenge_methods_supported: undefined })
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({ body }))
    expect(await look()).toMatchObject({
      asks: 'sign-in',
      found: null,
      problem: { code: 'oauth.pkce_unsupported' },
    })
    provider.answers.delete('/.well-known/oauth-protected-resource/mcp')
    provider.answers.delete('/.well-known/oauth-authorization-server')
    expect(await look()).toMatchObject({ asks: 'key', found: null })
  })

  it.each([
    [200, 'nothing'],
    [400, 'nothing'],
    [403, 'key'],
    [404, 'unknown'],
    [500, 'unknown'],
  ] as const)('reads %i as %s, and asks no provider', async (status, asks) => {
    provider.answers.set('/mcp', () => ({ status }))
    expect(await look()).toEqual({ asks, status, found: null, problem: null })
    expect(provider.received.filter(({ path }) => path.startsWith('/.well-known/'))).toEqual([])
  })

  it('goes only where a sign-in may go', async () => {
    const inside = serverAt('https://10.0.0.1/mcp').definition
    await expect(house.grants.preflight(inside)).rejects.toMatchObject({
      code: 'net.url_refused',
    })
    await expect(
      house.grants.preflight(serverAt('http://mcp.example/mcp').definition),
    ).rejects.toMatchObject({ code: 'net.url_refused' })
  })
})
