import { readdirSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  AccountView,
  ErrorView,
  ImportView,
  Output,
  ReceiptView,
  StatusView,
} from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { digest } from '../harness/identity-provider/journal.ts'
import type { IdentityProvider } from '../harness/identity-provider/types.ts'
import { signInWithMcpRemote } from '../harness/mcp-remote.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { echo } from './support/calls.ts'
import { CLIENT, openStage, REMOTE, type Stage } from './support/stage.ts'

/** The real mcp-remote signs in and leaves its files; Warder finds them, takes them over, or ends them. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

interface Imports extends AsyncDisposable {
  readonly stage: Stage
  readonly found: ImportView
  /** Everything in the folder of mcp-remote. */
  files(): string[]
}

async function afterMcpRemote(): Promise<Imports> {
  await using started = new AsyncDisposableStack()
  const user = started.use(await testHome())
  const stage = started.use(await openStage({ chromium, env: { HOME: user.path } }))
  expect(await stage.warder.ok(['import'])).toEqual([])
  await signInWithMcpRemote(chromium, user.path, stage.remote.url, stage.provider)
  const [found, ...more] = await stage.warder.ok<ImportView[]>(['import'])
  if (found === undefined || more.length > 0) throw new Error('Not one token was found.')
  const resources = started.move()
  return {
    stage,
    found,
    files: () => readdirSync(path.join(user.path, '.mcp-auth', 'mcp-remote-v1')),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

const plainTokens = async ({ warder }: Stage) =>
  (await warder.ok<StatusView>(['status'])).plainTokens
const codeOf = (json: unknown) => (json as { error: ErrorView }).error.code

/** The first tokens that the provider gave out: those of mcp-remote. */
async function theirs(provider: IdentityProvider) {
  const secrets = await provider.secrets()
  const first = (name: string) => secrets.find((secret) => secret.name === name)?.value ?? ''
  return { accessToken: first('access_token'), refreshToken: first('refresh_token') }
}

/** RFC 7662, as the resource server asks. */
async function isActive(provider: IdentityProvider, token: string): Promise<boolean> {
  const { clientId = '', clientSecret = '' } = provider.introspectionClient ?? {}
  const response = await fetch(`${provider.issuer}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ token }),
  })
  return ((await response.json()) as { active: boolean }).active
}

describe('what mcp-remote keeps', () => {
  it('is shown without its tokens, adopted, used, dead in its file, and shredded', async () => {
    await using imports = await afterMcpRemote()
    const { stage, found } = imports
    const { warder, provider, remote } = stage
    expect(found).toMatchObject({
      program: 'mcp-remote',
      server: REMOTE,
      issuer: provider.issuer,
      scopes: ['mcp:read'],
      renewable: true,
      live: true,
      readableByOthers: false,
      adoptedAs: null,
    })
    expect(new Date(found.expiresAt ?? 0).getTime()).toBeLessThan(Date.now() + 3_600_000)
    expect(await plainTokens(stage)).toBe(1)
    const { accessToken, refreshToken } = await theirs(provider)
    expect(await isActive(provider, refreshToken)).toBe(true)

    const asked = await warder.run(['import', 'adopt', found.id, '--server', REMOTE])
    expect([asked.code, codeOf(asked.json)]).toEqual([4, 'presence.required'])
    expect(await isActive(provider, refreshToken)).toBe(true)

    const adopted = await warder.ok<Output<'imports:adopt'>>([
      ...['import', 'adopt', found.id, '--server', REMOTE, '--account', 'ada', '--yes'],
    ])
    expect(adopted).toMatchObject({
      account: { account: `${REMOTE}/ada`, state: 'connected', renewable: true },
      rotated: true,
      shredded: null,
    })
    expect(await warder.ok<AccountView[]>(['accounts'])).toEqual([adopted.account])
    // No second client, and what the file holds is spent.
    const requests = await provider.requests()
    expect(requests.filter((request) => request.path === '/reg')).toHaveLength(1)
    expect(await isActive(provider, refreshToken)).toBe(false)

    const before = remote.seen.length
    const client = await warder.client(CLIENT, REMOTE)
    expect(await echo(client, 'taken over')).toContain('taken over')
    const bearers = remote.seen.slice(before).map(({ bearer }) => bearer)
    expect(bearers).not.toContain(digest(accessToken))

    const again = await warder.run(['import', 'adopt', found.id, '--server', REMOTE, '--yes'])
    expect(codeOf(again.json)).toBe('import.adopted')
    expect(await warder.ok(['import'])).toMatchObject([{ adoptedAs: `${REMOTE}/ada` }])
    expect(await plainTokens(stage)).toBe(0)

    expect(imports.files()).toHaveLength(2)
    await warder.ok(['import', 'shred', found.id])
    expect(imports.files()).toEqual([])
    expect(await warder.ok(['import'])).toEqual([])
    expect(await echo(client, 'still there')).toContain('still there')
    expect(warder.output.join('\n')).not.toContain(refreshToken)
  })

  it('is revoked with a receipt, and its files go with it', async () => {
    await using imports = await afterMcpRemote()
    const { stage, found } = imports
    const { warder, provider } = stage
    const { refreshToken } = await theirs(provider)
    const { receipts, shredded } = await warder.ok<Output<'imports:revoke'>>([
      ...['import', 'revoke', found.id, '--shred'],
    ])
    expect(receipts).toMatchObject([
      { server: REMOTE, reason: 'Imported from mcp-remote', state: 'proven', remains: null },
    ])
    expect(await warder.ok<ReceiptView[]>(['receipts'])).toMatchObject([{ id: receipts[0]?.id }])
    expect(await isActive(provider, refreshToken)).toBe(false)
    expect(shredded?.problem).toBeNull()
    expect(imports.files()).toEqual([])
    expect(await warder.ok(['accounts'])).toEqual([])
  })

  it('goes to no other server, whichever provider that names', async () => {
    await using imports = await afterMcpRemote()
    const { stage, found } = imports
    const { warder, provider } = stage
    const { accessToken, refreshToken } = await theirs(provider)
    const seen: string[] = []
    const tap = (request: IncomingMessage) => {
      seen.push(JSON.stringify([request.url, request.rawHeaders]))
    }
    await using elsewhere = await startOidcProvider()
    await using sibling = await startResourceServer(provider, { tap })
    await using stranger = await startResourceServer(elsewhere, { tap })
    await warder.ok(['server', 'add', 'sibling', '--url', sibling.url])
    await warder.ok(['server', 'add', 'stranger', '--url', stranger.url])

    async function isRefused(server: string): Promise<void> {
      for (const [verb = '', ...more] of [['adopt', '--yes'], ['revoke']]) {
        const args = ['import', verb, found.id, '--server', server, ...more]
        expect(codeOf((await warder.run(args)).json)).toBe('import.other_server')
      }
    }
    await isRefused('sibling')
    expect(seen).toEqual([])
    // Without its own server, only the provider that the file names speaks against it.
    await warder.ok(['server', 'remove', REMOTE])
    await isRefused('stranger')
    expect(seen.length).toBeGreaterThan(0)
    for (const token of [accessToken, refreshToken]) {
      expect(seen.some((request) => request.includes(token))).toBe(false)
      const shown = (await elsewhere.requests()).map((request) => JSON.stringify(request))
      expect(shown.some((request) => request.includes(digest(token)))).toBe(false)
    }
    expect(await isActive(provider, refreshToken)).toBe(true)
    expect(await warder.ok(['accounts'])).toEqual([])
  })
})
