import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Grant } from '../../../main/oauth/types.ts'
import { allow, connectTo, type House, openHouse, serverAt } from '../support/house.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP 2026-07-28, Scope Challenge Handling: a 403 insufficient_scope is answered, and never opens a browser. */

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

/** A call of `send` that the server refused, and what its requester is told. */
async function refusal(scopes: readonly string[], configured?: readonly string[]) {
  const token = await house.grants.accessToken('notes')
  const operation = 'the tool send'
  const error = house.grants.insufficient(token, { scopes, operation, configured })
  return { code: error.code, message: error.message }
}

const connect = (): Promise<Grant> => connectTo(house, provider.serverUrl)

const granting = (scope: string) => () => ({
  body: { access_token: 'narrow', token_type: 'Bearer', expires_in: 3600, scope },
})

describe('a call that lacks a scope', () => {
  it('is told which, for what, and what to run; the account stays connected', async () => {
    await connect()
    const { code, message } = await refusal(['files:write'])
    expect(code).toBe('grant.scopes_needed')
    expect(message).toContain('the tool send')
    expect(message).toContain('files:write')
    expect(message).toContain('warder connect notes')
    expect(house.opened).toEqual([])
    expect(house.grants.list()).toMatchObject([{ state: 'connected', scopes: ['files:read'] }])
    expect(house.events).toEqual(['connected notes/default'])
  })

  it('makes the next sign-in ask for what the account has and what is missing, and no more', async () => {
    await connect()
    await refusal(['files:write'])
    await refusal(['files:share', 'files:read'])
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    expect([...signIn.scopes].sort()).toEqual(['files:read', 'files:share', 'files:write'])
    expect(new URL(signIn.url).searchParams.get('scope')?.split(' ')).toEqual(signIn.scopes)
    await allow(signIn)
    expect(house.grants.list().filter(({ state }) => state === 'connected')).toMatchObject([
      { scopes: signIn.scopes },
    ])
  })

  it('keeps a scope of the grant that the server no longer lists', async () => {
    await connect()
    const body = provider.resourceMetadata({ scopes_supported: ['files:list'] })
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({ body }))
    await refusal(['files:write'])
    const { scopes } = await house.grants.connect(serverAt(provider.serverUrl))
    expect([...scopes].sort()).toEqual(['files:list', 'files:read', 'files:write'])
  })

  it('takes nothing along to another provider', async () => {
    await connect()
    await refusal(['files:write'])
    await using other = await startScriptedProvider()
    const body = provider.resourceMetadata({
      authorization_servers: [other.origin],
      scopes_supported: ['elsewhere'],
    })
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({ body }))
    const { scopes } = await house.grants.connect(serverAt(provider.serverUrl))
    expect(scopes).not.toContain('files:read')
  })

  it('does not send a person to sign in for a scope that the account has', async () => {
    await connect()
    expect(await refusal(['files:read'])).toMatchObject({ code: 'grant.scopes_refused' })
  })

  it('does not where the server names no scope', async () => {
    await connect()
    expect(await refusal([])).toMatchObject({ code: 'grant.scopes_refused' })
  })

  it('gives up after two sign-ins that did not get it, and says so', async () => {
    await connect()
    provider.answers.set('/token', granting('files:read'))
    expect(await refusal(['files:write'])).toMatchObject({ code: 'grant.scopes_needed' })
    await connect()
    expect(await refusal(['files:write'])).toMatchObject({ code: 'grant.scopes_needed' })
    await connect()
    const last = await refusal(['files:write'])
    expect(last.code).toBe('grant.scopes_refused')
    expect(last.message).toContain('not granted')
    // Another scope is another question.
    expect(await refusal(['files:share'])).toMatchObject({ code: 'grant.scopes_needed' })
  })

  it('does not count a sign-in that was never finished', async () => {
    await connect()
    await refusal(['files:write'])
    for (let times = 0; times < 3; times++) {
      const signIn = await house.grants.connect(serverAt(provider.serverUrl))
      signIn.cancel()
      await expect(signIn.completed).rejects.toMatchObject({ code: 'oauth.sign_in_abandoned' })
    }
    expect(await refusal(['files:write'])).toMatchObject({ code: 'grant.scopes_needed' })
  })

  it('never widens what a person fixed in the definition', async () => {
    const oauth = { scopes: ['files:read'] }
    await connectTo(house, provider.serverUrl, oauth)
    const { code, message } = await refusal(['files:write'], oauth.scopes)
    expect(code).toBe('grant.scopes_refused')
    expect(message).toContain('definition')
    const { scopes } = await house.grants.connect(serverAt(provider.serverUrl, oauth))
    expect(scopes).toEqual(['files:read'])
  })

  it('is kept in mind with its scope, for whoever looks at the account, until the account has it', async () => {
    const grant = await connect()
    expect(house.grants.lacking(grant)).toEqual([])
    await refusal(['files:write', 'files:read'])
    await refusal(['files:write'])
    expect(house.grants.lacking(grant)).toEqual([
      { scope: 'files:write', operations: ['the tool send'] },
    ])
    const [stepped] = [await connect()]
    expect(stepped.scopes).toContain('files:write')
    expect(house.grants.lacking(stepped)).toEqual([])
  })

  it('puts no scope that RFC 6749 does not allow on a screen or into a request', async () => {
    await connect()
    const { code, message } = await refusal(['files:"write"'])
    expect(code).toBe('oauth.metadata_invalid')
    expect(message).not.toContain('write')
    const { scopes } = await house.grants.connect(serverAt(provider.serverUrl))
    expect(scopes).toEqual(['files:read'])
  })
})

describe('a person who wants more', () => {
  it('is asked for what the account has and for that too, though no call lacked it', async () => {
    await connect()
    const body = provider.resourceMetadata({ scopes_supported: ['files:list'] })
    provider.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({ body }))
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), {
      scopes: ['files:share'],
    })
    expect([...signIn.scopes].sort()).toEqual(['files:list', 'files:read', 'files:share'])
    await allow(signIn)
    expect(house.grants.list().filter(({ state }) => state === 'connected')).toHaveLength(1)
  })

  it('gets nothing beyond what is fixed in the definition', async () => {
    const oauth = { scopes: ['files:read', 'files:write'] }
    const server = serverAt(provider.serverUrl, oauth)
    await expect(
      house.grants.connect(server, { scopes: ['files:write', 'files:share'] }),
    ).rejects.toMatchObject({
      code: 'usage.invalid',
      message: expect.stringMatching(/files:share/),
    })
    expect(provider.received).toEqual([])
    const { scopes } = await house.grants.connect(server, { scopes: ['files:write'] })
    expect(scopes).toEqual(oauth.scopes)
  })

  it('sends no scope that RFC 6749 does not allow', async () => {
    const scopes = ['files:"write"']
    await expect(
      house.grants.connect(serverAt(provider.serverUrl), { scopes }),
    ).rejects.toMatchObject({ code: 'oauth.metadata_invalid' })
  })
})
