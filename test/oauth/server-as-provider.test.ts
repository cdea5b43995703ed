import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectTo, type House, openHouse } from './support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'

/** MCP 2025-03-26, Server Metadata Discovery: a server without protected resource metadata (RFC 9728). */

const prm = '/.well-known/oauth-protected-resource'

let provider: ScriptedProvider
let house: House
beforeEach(async () => {
  provider = await startScriptedProvider()
  house = await openHouse()
  provider.answers.delete(`${prm}/mcp`)
  provider.answers.set('/mcp', () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } }))
})
afterEach(async () => {
  await house[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const connect = () => connectTo(house, provider.serverUrl)

describe('a server that publishes no protected resource metadata', () => {
  it('is its own provider, at the root of its origin, after both usual places were tried', async () => {
    expect(await connect()).toMatchObject({
      issuer: provider.origin,
      resource: provider.serverUrl,
      scopes: [],
    })
    const asked = provider.received.filter(({ path }) => path.startsWith('/.well-known/'))
    expect(asked.map(({ path }) => path)).toEqual([
      `${prm}/mcp`,
      prm,
      '/.well-known/oauth-authorization-server',
    ])
    expect(provider.to('/token')[0]?.form.get('resource')).toBe(provider.serverUrl)
  })

  it('is judged by the same rules', async () => {
    for (const [changes, code] of [
      [{ issuer: 'https://elsewhere.example' }, 'oauth.issuer_mismatch'],
      [{ code_challenge_methods_supported: undefined }, 'oauth.pkce_unsupported'],
    ] as const) {
      const body = provider.metadata(changes)
      provider.answers.set('/.well-known/oauth-authorization-server', () => ({ body }))
      await expect(connect()).rejects.toMatchObject({ code })
    }
    expect(provider.to('/register')).toEqual([])
  })

  it('has no endpoints guessed where it publishes no metadata at all', async () => {
    provider.answers.delete('/.well-known/oauth-authorization-server')
    await expect(connect()).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
    expect(provider.to('/register')).toEqual([])
    expect(provider.to('/authorize')).toEqual([])
  })

  it('is not taken for one where it only is in trouble', async () => {
    provider.answers.set(`${prm}/mcp`, () => ({ status: 503 }))
    await expect(connect()).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
  })

  it('is not taken for one where it names a place that is empty', async () => {
    const field = `Bearer resource_metadata="${provider.origin}/nowhere"`
    provider.answers.set('/mcp', () => ({ status: 401, headers: { 'www-authenticate': field } }))
    await expect(connect()).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
  })

  it('is not asked to sign anybody in where it wants no credential', async () => {
    provider.answers.set('/mcp', () => ({ status: 200 }))
    await expect(connect()).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
  })
})
