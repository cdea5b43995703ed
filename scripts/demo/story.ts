import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type {
  AccountView,
  AuditRow,
  ReceiptView,
  ServerView,
} from '../../preload/contract/index.ts'
import { testHome } from '../../test/harness/home.ts'
import { startOidcProvider } from '../../test/harness/oidc-provider/index.ts'
import { startResourceServer } from '../../test/harness/resource-server.ts'
import { everythingStdio } from '../../test/harness/stdio-servers.ts'
import { startWarder, type Warder } from '../../test/harness/warder.ts'
import { connectAsPerson, connectUnattended, type SignInPart } from './sign-in.ts'
import { chooseVault } from './vault.ts'

export interface Telling {
  readonly unattended: boolean
  /** One step of the story and how it went. */
  tell(step: string, ok: boolean, detail: string): void
  /** Something for the person who watches. */
  say(line: string): void
}

/** Short, so that a renewal can be watched; seconds. */
const TOKEN_LIFETIME = 8

/** The steps of `npm run demo`, in the order a person would take them. @returns whether all of them held */
export async function play({ unattended, tell, say }: Telling): Promise<boolean> {
  await using stage = new AsyncDisposableStack()
  const home = stage.use(await testHome()).path
  const provider = stage.use(await startOidcProvider({ accessTokenTtl: TOKEN_LIFETIME }))
  const remote = stage.use(await startResourceServer(provider))
  const vault = stage.use(await chooseVault())
  const signIn: SignInPart = stage.use(
    unattended ? await connectUnattended(provider) : connectAsPerson(say),
  )
  say(`identity provider ${provider.issuer}, MCP server ${remote.url}, home ${home}`)

  let held = true
  /** A step that fails is told with its reason, and the story ends there: the later ones build on it. */
  async function step(name: string, act: () => Promise<string>): Promise<boolean> {
    if (!held) return false
    try {
      tell(name, true, await act())
    } catch (error) {
      held = false
      tell(name, false, error instanceof Error ? error.message : String(error))
    }
    return held
  }

  let warder: Warder | undefined
  const running = (): Warder => warder ?? fail('the companion is not running')
  let client: Client | undefined
  const connected = (): Client => client ?? fail('the client is not connected')
  const echo = () => connected().callTool({ name: 'echo', arguments: { message: 'hello' } })
  /** The companion's own words are in the error; any other error is a failure of the story. */
  const refusedEcho = () =>
    echo().then(
      () => fail('the call went through'),
      ({ message }: Error) =>
        /sign/i.test(message) ? message : fail(`refused for another reason: ${message}`),
    )

  await step('serve', async () => {
    warder = stage.use(
      await startWarder({ home, vault: vault.kind, env: { ...vault.env, ...signIn.env } }),
    )
    return `token door ${warder.ready.http}, vault ${warder.ready.vault}`
  })
  await step('add-server', async () => {
    await running().ok(['server', 'add', 'notes', '--url', remote.url])
    await running().ok(['secret', 'set', 'demo-key'], 'a-static-key-of-the-demo')
    const { command, args } = everythingStdio
    await running().ok([
      'server',
      'add',
      'tools',
      '--env',
      'DEMO_KEY=secret:demo-key',
      '--approve',
      '--',
      command,
      ...args,
    ])
    const servers = await running().ok<ServerView[]>(['server', 'list'])
    return servers.map((server) => `${server.name} (${server.kind}, ${server.state})`).join(', ')
  })
  await step('add-client', async () => {
    await running().ok(['client', 'add', 'demo', '--yes'])
    return 'demo has a socket and a bearer of its own'
  })
  await step('refused-before-sign-in', async () => {
    client = await running().client('demo', 'notes')
    return refusedEcho()
  })
  await step('sign-in', async () => {
    const account = await signIn.connect(running(), 'notes')
    return `${account.account} at ${account.issuer}`
  })
  await step('list-tools', async () => {
    const { tools } = await connected().listTools()
    return tools.length > 0 ? `${tools.length} tools` : fail('no tools')
  })
  await step('call-remote', async () => {
    const answer = await echo()
    return JSON.stringify(answer.content).includes('hello')
      ? 'echo answered'
      : fail(JSON.stringify(answer))
  })
  await step('call-local-injected', async () => {
    const local = await running().client('demo', 'tools')
    const answer = JSON.stringify(
      (await local.callTool({ name: 'get-env', arguments: {} })).content,
    )
    if (answer.includes('a-static-key-of-the-demo')) fail('the key came back in clear')
    return answer.includes('masked by Warder: secret:demo-key')
      ? 'the server has the key; its answer shows a mask in its place'
      : fail('the server did not get the key')
  })
  await step('audit', async () => {
    const rows = await running().ok<AuditRow[]>(['audit', '--limit', '100'])
    const call = rows.find(
      (row) => row.method === 'tools/call' && row.server === 'notes' && row.outcome === 'ok',
    )
    return call
      ? `${rows.length} rows; ${call.client} called ${call.target} as ${call.account}`
      : fail('the call is not in the log')
  })
  await step('refresh-rotated', async () => {
    const before = await account(running())
    say(`waiting until the access token of ${TOKEN_LIFETIME} s runs out`)
    await until(Date.parse(before.accessTokenExpiresAt ?? ''))
    await echo()
    const after = await account(running())
    return after.refreshedAt !== before.refreshedAt
      ? `renewed at ${after.refreshedAt}`
      : fail('the token was not renewed')
  })
  await step('revoke-receipt', async () => {
    const [receipt] = await running().ok<ReceiptView[]>(['revoke', '--server', 'notes'])
    if (!receipt) return fail('there is no receipt')
    const steps = receipt.steps.map(
      ({ step: name, outcome, status }) =>
        `${name} ${outcome}${status === null ? '' : ` (${status})`}`,
    )
    const proven = receipt.state === 'proven' || receipt.state === 'revoked'
    return proven
      ? `${receipt.state}: ${steps.join(', ')}`
      : fail(`${receipt.state}: ${steps.join(', ')}`)
  })
  await step('refused-after', refusedEcho)

  if (held && !unattended) {
    const { code } = await running().run(['ui'])
    if (code !== 0) {
      const { file } = await running().ok<{ file: string }>(['ui', '--no-browser'])
      say(`No browser opens by itself: open ${file}`)
    }
    say('The page shows what happened. Ctrl-C ends the demo.')
    await new Promise((resolve) => process.once('SIGINT', resolve))
  }
  return held
}

async function account(warder: Warder): Promise<AccountView> {
  const [first] = await warder.ok<AccountView[]>(['accounts'])
  return first ?? fail('no account')
}

const until = (instant: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, instant - Date.now() + 200)))

function fail(message: string): never {
  throw new Error(message)
}
