import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { type Bridge, openBridge } from '../../../main/bridge/bridge.ts'
import { createMemory } from '../../../main/bridge/catalogue/memory.ts'
import { createWhose } from '../../../main/bridge/catalogue/whose.ts'
import { createInjector } from '../../../main/bridge/credentials.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { WarderError } from '../../../main/errors.ts'
import { createClients } from '../../../main/identity/clients.ts'
import { createDialer } from '../../../main/net/dialer.ts'
import type { Asker } from '../../../main/oauth/asker.ts'
import type { Dpop } from '../../../main/oauth/dpop.ts'
import { signInNeeded } from '../../../main/oauth/grant-errors.ts'
import type { AccessToken } from '../../../main/oauth/types.ts'
import { stoppedError } from '../../../main/policy/stop.ts'
import { type Budget, createBudget } from '../../../main/runtime/budget.ts'
import { createRuntime } from '../../../main/runtime/supervisor.ts'
import type { Rule, ServerDefinition } from '../../../main/store/config-schema.ts'
import { configSchema } from '../../../main/store/config-schema.ts'
import { anyRun } from '../../runtime/any-run.ts'
import { startHouse, type TestHouse } from './house.ts'
import { manualTimer } from './timer.ts'

/** The bridge with real doors, dialer and runtime; only the grants are scripted. */
export interface World extends AsyncDisposable {
  readonly house: TestHouse
  readonly bridge: Bridge
  readonly base: string
  /** A second client, to try what belongs to the first, and one that is no client any more. */
  readonly bearers: { readonly one: string; readonly two: string; readonly gone: string }
  /** The access token of each server's grant; a renewal sets what `renewed` says. */
  readonly tokens: Map<string, string>
  /** Servers whose account has to sign in again. */
  readonly dead: Set<string>
  /** Servers where nobody is signed in any more. */
  readonly gone: Set<string>
  /** When every secret was set. */
  setAt: number
  /** The account that is used at every server. */
  account: string
  /** A new sign-in may make a new grant. */
  grantId: (server: string) => string
  parkSeconds: number
  /** Moves the time that calls wait in. */
  pass(ms: number): void
  /** Base URL of the page; null: it has none. */
  page: string | null
  /** The keys that tokens are bound to; a server without one has a bearer token. */
  readonly keys: Map<string, Dpop>
  renewed: (server: string) => Promise<string>
  /** Everything is stopped; what is under way is not cut by it. */
  stopped: boolean
  servers: Readonly<Record<string, ServerDefinition>>
  /** Called while a token is being fetched. */
  onFetch: (asker: Asker | undefined) => void
  /** Names of the local servers that run. */
  running(): string[]
  line(server: string | undefined, client?: 'one' | 'two'): Promise<Line>
}

/** One connection to a client's socket. */
export interface Line {
  readonly socket: Socket
  send(text: string): void
  /** The next line, or null at the end. */
  next(): Promise<string | null>
  call(method: string, params?: unknown): Promise<Record<string, unknown>>
  open(): Promise<void>
  close(): void
}

export const localServer = (script: string, env?: Record<string, string>): ServerDefinition => ({
  command: process.execPath,
  args: ['--input-type=module', '-e', script],
  // Where the packages that a script imports are looked for.
  cwd: process.cwd(),
  ...(env === undefined ? {} : { env }),
})

export const remoteServer = (url: string, auth: 'oauth' | 'public' = 'public') =>
  ({ url, auth }) satisfies ServerDefinition

export async function startWorld(
  servers: Record<string, ServerDefinition>,
  rules?: readonly Rule[],
  secrets: Record<string, string> = {},
  {
    remembers = false,
    pins = true,
    budget = createBudget(limits.budget),
  }: { remembers?: boolean; pins?: boolean; budget?: Budget } = {},
): Promise<World> {
  const house = await startHouse(rules, pins ? { pinned: () => Object.keys(world.servers) } : {})
  const clients = createClients({ state: house.state, clock: Date.now })
  const bearers = { one: clients.add('one'), two: clients.add('two'), gone: clients.add('gone') }
  clients.remove('gone')
  const dialer = createDialer()
  const runtime = createRuntime(anyRun)
  const socketDirectory = path.join(house.home, 's')
  await mkdir(socketDirectory, { mode: 0o700 })
  const tokens = new Map<string, string>()
  const { timer, pass } = manualTimer()
  const keys = new Map<string, Dpop>()

  function tokenOf(server: string): AccessToken {
    const value = tokens.get(server) ?? 'none'
    const definition = world.servers[server]
    const serverUrl = definition && 'url' in definition ? definition.url : ''
    const grant = {
      id: world.grantId(server),
      server,
      account: world.account,
      kind: 'person',
      issuer: 'https://as.example',
      clientId: 'c',
      resource: serverUrl,
      scopes: [],
      state: 'connected',
      withheld: [],
      renewable: true,
      connectedAt: 0,
      refreshedAt: null,
      expiresAt: null,
      quirks: [],
      bound: null,
      label: null,
      subject: null,
      organisation: null,
      since: 0,
    } as const
    return {
      grant,
      value,
      expiresAt: null,
      serverUrl,
      proof: keys.get(server)?.bind(value) ?? null,
    }
  }

  const bridge = await openBridge({
    house,
    budget,
    user: 'tester',
    config: () =>
      configSchema.parse({ servers: world.servers, settings: { parkSeconds: world.parkSeconds } }),
    held: () => [],
    clients,
    injector: createInjector({
      grants: {
        async accessToken(server, asker) {
          const token = tokenOf(server)
          world.onFetch(asker)
          if (world.dead.has(server)) throw signInNeeded({ server, account: world.account })
          return token
        },
        async rejected(token) {
          tokens.set(token.grant.server, await world.renewed(token.grant.server))
          return tokenOf(token.grant.server)
        },
        insufficient: ({ grant }, { scopes, operation }) =>
          new WarderError('grant.scopes_needed', `${operation} at ${grant.server}: ${scopes}`, {
            details: { server: grant.server, account: grant.account },
          }),
      },
      secrets: { read: async (name) => secrets[name] ?? '' },
    }),
    dialer,
    runtime,
    socketDirectory,
    port: 0,
    ...(remembers
      ? {
          remembers: {
            memory: createMemory({ state: house.state, clock: Date.now }),
            whose: createWhose({
              grants: {
                chosen(server) {
                  if (world.gone.has(server)) throw signInNeeded({ server, account: null })
                  return tokenOf(server).grant
                },
              },
              secrets: {
                list: () =>
                  Object.keys(secrets).map((name) => ({ name, server: null, setAt: world.setAt })),
              },
            }),
          },
        }
      : {}),
    stopped: () => (world.stopped ? stoppedError() : null),
    pageOf: async (server) => world.page && `${world.page}/#/servers/${server}`,
    timer,
  })
  const world: World = {
    house,
    bridge,
    base: `http://127.0.0.1:${bridge.port}`,
    bearers,
    tokens,
    dead: new Set(),
    gone: new Set(),
    setAt: 1,
    account: 'ann',
    grantId: (server) => `grant-${server}`,
    parkSeconds: 50,
    pass,
    page: 'http://127.0.0.1:7',
    keys,
    stopped: false,
    renewed: () => Promise.reject(new Error('nothing to renew')),
    servers,
    onFetch: () => {},
    running: () => runtime.running().map(({ name }) => name),
    async line(server, client = 'one') {
      return openLine(bridge.sockets()[client] ?? '', server)
    },
    async [Symbol.asyncDispose]() {
      await bridge.close()
      await runtime.close()
      await dialer.close()
      await house[Symbol.asyncDispose]()
    },
  }
  house.pins?.events.on('changed', bridge.announce)
  await bridge.letIn('one')
  await bridge.letIn('two')
  return world
}

export async function openLine(socketPath: string, server: string | undefined): Promise<Line> {
  const socket = connect({ path: socketPath, allowHalfOpen: true })
  await once(socket, 'connect')
  socket.on('error', () => {})
  const lines = linesOf(socket)
  let id = 0
  const line: Line = {
    socket,
    send: (text) => void socket.write(`${text}\n`),
    async next() {
      const { value, done } = await lines.next()
      return done ? null : value
    },
    async call(method, params) {
      const own = `c${++id}`
      line.send(JSON.stringify({ jsonrpc: '2.0', id: own, method, params }))
      for (;;) {
        const text = await line.next()
        if (text === null) throw new Error('the line ended')
        const message = JSON.parse(text) as Record<string, unknown>
        if (message.id === own && message.method === undefined) return message
      }
    },
    async open() {
      await line.call('initialize', opening)
      line.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    },
    close: () => void socket.destroy(),
  }
  if (server !== undefined) line.send(JSON.stringify({ warder: 1, server }))
  return line
}

export const opening = {
  protocolVersion: '2025-11-25',
  capabilities: { roots: {}, sampling: {}, elicitation: {} },
  clientInfo: { name: 'test', version: '1' },
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of socket.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}
