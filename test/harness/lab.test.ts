import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import * as oauth from 'openid-client'
import { describe, expect, it } from 'vitest'
import { startBetterAuth } from './better-auth/index.ts'
import { launchBrowser, type Person, signIn } from './chromium.ts'
import { digest } from './identity-provider/journal.ts'
import { accounts, type IdentityProvider } from './identity-provider/types.ts'
import { startOidcProvider } from './oidc-provider/index.ts'
import { startResourceServer } from './resource-server.ts'
import { everythingStdio, keyedStdio } from './stdio-servers.ts'
import { startSystemBrowser } from './xdg-open/index.ts'

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'lab', version: '1' },
  },
}

function post(url: string, token?: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(initialize),
  })
}

/** A client that registers itself, sends a person through the browser and trades the code. */
async function obtainTokens(
  provider: IdentityProvider,
  resource: string,
  person: Partial<Person> = {},
) {
  await using stack = new AsyncDisposableStack()
  const callback = createServer((_request, response) => response.end('You may close this page.'))
  callback.listen(0, '127.0.0.1')
  await new Promise((listening) => callback.once('listening', listening))
  stack.defer(() => callback[Symbol.asyncDispose]())
  const redirectUri = `http://127.0.0.1:${(callback.address() as AddressInfo).port}/callback`
  const client = await oauth.dynamicClientRegistration(
    new URL(provider.issuer),
    {
      client_name: 'Lab',
      application_type: 'native',
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    oauth.None(),
    { execute: [oauth.allowInsecureRequests], algorithm: 'oauth2' },
  )
  const verifier = oauth.randomPKCECodeVerifier()
  const state = oauth.randomState()
  const url = oauth.buildAuthorizationUrl(client, {
    redirect_uri: redirectUri,
    scope: 'openid email offline_access mcp:read mcp:write',
    prompt: 'consent',
    resource,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const browser = stack.use(await launchBrowser())
  const page = await browser.newPage()
  await signIn(page, url.href, provider, person)
  const tokens = await oauth.authorizationCodeGrant(
    client,
    new URL(page.url()),
    { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true },
    { resource },
  )
  return { client, tokens }
}

describe('oidc-provider with the protected MCP server', () => {
  it('lets a person sign in, and the token in; revoked, it is out', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    const { client, tokens } = await obtainTokens(provider, server.url)

    expect(tokens.claims()?.email).toBe(accounts.alice)
    expect((await post(server.url, tokens.access_token)).status).toBe(200)
    await oauth.tokenRevocation(client, tokens.access_token)
    expect((await post(server.url, tokens.access_token)).status).toBe(401)
    const bearer = digest(tokens.access_token)
    expect(server.seen).toEqual([
      { method: 'POST', rpcMethod: 'initialize', status: 200, bearer },
      { method: 'POST', rpcMethod: null, status: 401, bearer },
    ])
  })

  it('rotates refresh tokens and ends the grant when an old one returns', async () => {
    await using provider = await startOidcProvider({ accessTokenFormat: 'jwt' })
    await using server = await startResourceServer(provider)
    const { client, tokens } = await obtainTokens(provider, server.url)
    const first = tokens.refresh_token ?? ''

    const renewed = await oauth.refreshTokenGrant(client, first, { resource: server.url })
    expect(renewed.refresh_token).not.toBe(first)
    expect((await post(server.url, renewed.access_token)).status).toBe(200)
    await expect(oauth.refreshTokenGrant(client, first)).rejects.toThrow()
    await expect(oauth.refreshTokenGrant(client, renewed.refresh_token ?? '')).rejects.toThrow()
    const sent = (await provider.requests()).filter(({ path }) => path === '/token')
    expect(sent.map(({ body }) => body.refresh_token)).toEqual([
      undefined,
      digest(first),
      digest(first),
      digest(renewed.refresh_token ?? ''),
    ])
  })

  it('grants less when the person unticks a scope, nothing when they deny', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    const { tokens } = await obtainTokens(provider, server.url, { scopes: ['openid', 'mcp:write'] })

    expect(tokens.scope).not.toContain('mcp:read')
    expect((await post(server.url, tokens.access_token)).status).toBe(403)
    await expect(obtainTokens(provider, server.url, { decision: 'Deny' })).rejects.toThrow(
      expect.objectContaining({ error: 'access_denied' }),
    )
  })

  it('refuses a token that was issued for another server', async () => {
    await using provider = await startOidcProvider({ accessTokenFormat: 'jwt' })
    await using server = await startResourceServer(provider)
    await using other = await startResourceServer(provider)
    const { tokens } = await obtainTokens(provider, other.url)

    expect((await post(other.url, tokens.access_token)).status).toBe(200)
    expect((await post(server.url, tokens.access_token)).status).toBe(401)
  })
})

describe('better-auth with the protected MCP server', () => {
  it('lets a person sign in under an issuer with a path, and the token in', async () => {
    await using provider = await startBetterAuth()
    await using server = await startResourceServer(provider)
    await using other = await startResourceServer(provider)
    const { client, tokens } = await obtainTokens(provider, server.url, {
      email: accounts.bob,
      scopes: ['openid', 'email', 'offline_access', 'mcp:read'],
    })

    // Its ID token names nobody; userinfo does (OIDC Core §5.4).
    const subject = tokens.claims()?.sub ?? ''
    const info = await oauth.fetchUserInfo(client, tokens.access_token, subject)
    expect(info.email).toBe(accounts.bob)
    expect(tokens.scope).not.toContain('mcp:write')
    expect((await post(server.url, tokens.access_token)).status).toBe(200)
    expect((await post(other.url, tokens.access_token)).status).toBe(401)
    const first = tokens.refresh_token ?? ''
    const renewed = await oauth.refreshTokenGrant(client, first, { resource: server.url })
    expect(renewed.refresh_token).not.toBe(first)
    await oauth.tokenRevocation(client, renewed.refresh_token ?? '')
    await expect(oauth.refreshTokenGrant(client, renewed.refresh_token ?? '')).rejects.toThrow()
  })
})

describe('the switch of a provider', () => {
  it('answers 503, cuts off, or waits, for the paths that are named', async () => {
    await using provider = await startOidcProvider()
    const metadata = `${provider.issuer}/.well-known/openid-configuration`

    await provider.setCondition('unavailable', ['/token'])
    expect((await fetch(`${provider.issuer}/token`, { method: 'POST' })).status).toBe(503)
    expect((await fetch(metadata)).status).toBe(200)
    await provider.setCondition('offline')
    await expect(fetch(metadata)).rejects.toThrow()
    await provider.setCondition('hold')
    const held = fetch(metadata)
    await provider.arrived('/openid-configuration', 3)
    await provider.setCondition('normal')
    expect((await held).status).toBe(200)
    expect((await provider.requests()).map(({ path, status }) => [path, status])).toEqual([
      ['/token', 503],
      ['/.well-known/openid-configuration', 200],
      ['/.well-known/openid-configuration', null],
      ['/.well-known/openid-configuration', 200],
    ])
  })

  it('leaves out what a test switched off', async () => {
    await using provider = await startOidcProvider({ registration: false, revocation: false })
    const response = await fetch(`${provider.issuer}/.well-known/oauth-authorization-server`)
    const metadata = await response.json()

    expect(metadata.issuer).toBe(provider.issuer)
    expect(metadata).not.toHaveProperty('registration_endpoint')
    expect(metadata).not.toHaveProperty('revocation_endpoint')
  })

  it('knows a client by its metadata document', async () => {
    const document = {
      client_id: 'https://client.test/warder.json',
      client_name: 'Warder',
      redirect_uris: ['http://127.0.0.1:4711/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    }
    await using provider = await startOidcProvider({
      clientDocuments: { [document.client_id]: document },
    })
    const query = new URLSearchParams({
      client_id: document.client_id,
      redirect_uri: 'http://127.0.0.1:4711/callback',
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const response = await fetch(`${provider.issuer}/auth?${query}`, { redirect: 'manual' })
    expect(response.headers.get('location')).toMatch(/^\/interaction\//)
  })
})

describe('the protected MCP server', () => {
  it('challenges with the address of its metadata', async () => {
    await using provider = await startOidcProvider()
    await using server = await startResourceServer(provider)
    const response = await post(server.url)
    const origin = new URL(server.url).origin
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`

    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer resource_metadata="${metadata}", scope="mcp:read"`,
    )
    expect(await (await fetch(metadata)).json()).toMatchObject({
      resource: server.url,
      authorization_servers: [provider.issuer],
    })
  })

  it('can be guarded by a header, or open', async () => {
    await using guarded = await startResourceServer({ header: 'X-Api-Key', value: 'of the lab' })
    await using open = await startResourceServer({ open: true })
    expect((await post(guarded.url)).status).toBe(401)
    const answer = await post(open.url)
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(await answer.text()).toContain('"protocolVersion":"2025-11-25"')
  })
})

describe('the local MCP servers', () => {
  /** Starts a server with this environment and nothing else, and lists its tools with the official client. */
  async function toolsOf(
    server: { readonly command: string; readonly args: readonly string[] },
    env: Record<string, string> = {},
  ): Promise<string[]> {
    const client = new Client({ name: 'lab', version: '1' })
    await using stack = new AsyncDisposableStack()
    stack.defer(() => client.close())
    const { command, args } = server
    await client.connect(
      new StdioClientTransport({ command, args: [...args], env, stderr: 'ignore' }),
    )
    return (await client.listTools()).tools.map(({ name }) => name)
  }

  it('start with nothing, or with the one key they need', async () => {
    expect(await toolsOf(everythingStdio)).toContain('get-env')
    expect(await toolsOf(keyedStdio, { [keyedStdio.key]: 'of the lab' })).toContain('list_bases')
    await expect(toolsOf(keyedStdio)).rejects.toThrow('Connection closed')
  })
})

describe('the system browser', () => {
  const run = promisify(execFile)

  it('is whatever runs xdg-open, and gets its argument byte for byte', async () => {
    await using system = await startSystemBrowser()
    const urls = [`https://as.test/auth?x='"$(id)%20&é=\u{1f511}`, 'https://as.test/second']
    for (const url of urls) await run('xdg-open', [url], { env: system.env })
    expect([await system.next(), await system.next()]).toEqual(urls)
    await run('xdg-open', ['https://as.test/', '--and-more'], { env: system.env })
    await expect(system.next()).rejects.toThrow('Not one argument')
  })

  it('can fail', async () => {
    await using system = await startSystemBrowser({ exitCode: 3 })
    const call = run('xdg-open', ['https://as.test/'], { env: system.env })
    await expect(call).rejects.toMatchObject({ code: 3 })
    expect(system.opened).toEqual([['https://as.test/']])
  })
})
