import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { isRemote } from '../../main/store/config-schema.ts'
import { editConfig } from '../e2e/support/config.ts'
import { testHome } from '../harness/home.ts'
import { bareEnvironment } from '../harness/processes.ts'
import { cli, startWarder, type Warder } from '../harness/warder.ts'
import { startSystemBrowser } from '../harness/xdg-open/index.ts'
import type { ScenarioContext } from './scenario.ts'

/** A person at a machine with Warder on it, one server added, and a client that is wired to the shim. */
export interface User extends AsyncDisposable {
  readonly client: Client
  /**
   * Signs in: `warder connect`, and a browser that says yes to everything.
   * @throws Error where Warder or the browser's last page says no
   */
  connect(): Promise<void>
  /** True for the errors that tell a person to sign in, the first time or for more. */
  isToldToConnect(error: unknown): boolean
}

const SERVER = 'conformance'
const CLIENT = 'suite'
/** Where the suite wants the client ID metadata document to be; nobody fetches it. */
const CLIENT_METADATA = 'https://conformance-test.local/client-metadata.json'

export async function openUser(options: {
  readonly url: string
  readonly scenario: string
  readonly context: ScenarioContext
}): Promise<User> {
  const { url, scenario, context } = options
  await using started = new AsyncDisposableStack()
  const home = path.join(started.use(await testHome()).path, 'warder')
  const browser = started.use(await startSystemBrowser())
  await configure(home, scenario)
  const warder = started.use(await startWarder({ home, env: browser.env }))
  await addServer(warder, { url, auth: authOf(scenario), context })
  await warder.ok(['client', 'add', CLIENT, '--yes'])
  const client = await openClient(home)
  started.defer(() => client.close())

  const resources = started.move()
  return {
    client,
    async connect() {
      const connected = warder.ok(['connect', SERVER])
      if (authOf(scenario) === 'service') return void (await connected)
      // A sign-in that fails before the browser opens is the error, and not a wait for the browser.
      await Promise.race([browser.next().then(walk), connected])
      await connected
    },
    isToldToConnect: (error) =>
      error instanceof McpError && codes.has(dataSchema.safeParse(error.data).data?.code ?? ''),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** The scenarios in which nobody signs in are those of one extension. */
function authOf(scenario: string): 'oauth' | 'service' | 'public' {
  if (scenario.startsWith('auth/client-credentials-')) return 'service'
  return scenario.startsWith('auth/') ? 'oauth' : 'public'
}

const codes = new Set(['grant.sign_in_needed', 'grant.scopes_needed'])
const dataSchema = z.object({ code: z.string() })

async function configure(home: string, scenario: string): Promise<void> {
  await mkdir(home, { mode: 0o700 })
  const document = scenario.endsWith('cimd') ? { clientMetadataUrl: CLIENT_METADATA } : {}
  // Nobody signs in before the call has failed: it would wait for a person who waits for it.
  const config = { settings: { parkSeconds: 0, ...document } }
  await writeFile(path.join(home, 'config.json'), JSON.stringify(config), { mode: 0o600 })
}

async function addServer(
  warder: Warder,
  server: { readonly url: string; readonly auth: string; readonly context: ScenarioContext },
): Promise<void> {
  const { client_id: clientId } = server.context
  if (server.auth === 'service') return addService(warder, server)
  const { client_secret: clientSecret } = server.context
  // Without a port any will do: scenarios run side by side.
  const client = clientId
    ? ['--client-id', clientId, '--redirect-uri', 'http://127.0.0.1/callback']
    : []
  await warder.ok(['server', 'add', SERVER, '--url', server.url, '--auth', server.auth, ...client])
  if (!clientId || !clientSecret) return
  await warder.ok(['secret', 'set', 'client', '--for', SERVER, '--yes'], clientSecret)
  const issuer = await issuerOf(server.url)
  await editConfig(warder.home, ({ servers }) => {
    const definition = servers[SERVER]
    if (definition && isRemote(definition))
      servers[SERVER] = {
        ...definition,
        oauth: { ...definition.oauth, clientSecret: 'secret:client', issuer },
      }
  })
  await warder.ok(['approvals', 'approve', '--all', '--yes'])
}

/** As a person would: the secret first, then the server that it goes to. */
async function addService(
  warder: Warder,
  { url, context }: { readonly url: string; readonly context: ScenarioContext },
): Promise<void> {
  const { client_id: clientId = '', client_secret: secret, private_key_pem: key } = context
  await warder.ok(['secret', 'set', 'client', '--yes'], secret ?? key)
  const proof = key === undefined ? '--client-secret' : '--private-key'
  await warder.ok([
    ...['server', 'add', SERVER, '--url', url, '--auth', 'service', '--client-id', clientId],
    ...[proof, 'secret:client', '--issuer', await issuerOf(url), '--yes'],
  ])
}

/** Where a person registered the client, they know without the server; a scenario says it nowhere else. */
async function issuerOf(server: string): Promise<string> {
  const { origin, pathname } = new URL(server)
  const answer = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`)
  const { authorization_servers: issuers } = (await answer.json()) as Record<string, string[]>
  const [issuer = ''] = issuers ?? []
  return issuer
}

/** A client of the 1.x SDK, which answers the server's questions with their defaults. */
async function openClient(home: string): Promise<Client> {
  const client = new Client(
    { name: 'a legacy client', version: '1' },
    { capabilities: { elicitation: { form: { applyDefaults: true } } } },
  )
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }))
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [cli, 'mcp', '--client', CLIENT, '--server', SERVER, '--home', home],
      env: bareEnvironment(),
      stderr: 'ignore',
    }),
  )
  return client
}

const MOST_PAGES = 10

/** Follows the pages of a provider that asks nothing. @throws Error where the last one is an error */
async function walk(url: string): Promise<void> {
  let page = url
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const answer = await fetch(page, { redirect: 'manual' })
    await answer.body?.cancel()
    const location = answer.headers.get('location')
    if (location === null) {
      if (answer.ok) return
      throw new Error(`The browser's last page is a ${answer.status}.`)
    }
    page = new URL(location, page).href
  }
  throw new Error('The browser is sent around in a circle.')
}
