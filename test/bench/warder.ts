import { testHome } from '../harness/home.ts'
import { cli, startWarder, type Warder } from '../harness/warder.ts'
import { type BenchClient, httpClient, stdioClient } from './clients.ts'

/**
 * The shipped Warder with everything switched on: identified, decided, recorded before and after. Its secrets are in
 * memory, since a keychain is asked at the start and at renewals, never by a call.
 */
export interface BenchWarder extends AsyncDisposable {
  readonly pid: number
  addRemote(name: string, url: string): Promise<void>
  addLocal(name: string, command: readonly string[]): Promise<void>
  /** Through the shim, as an MCP client starts it. */
  viaShim(server: string): BenchClient
  /** Every server at once, through the token door. */
  viaAll(): BenchClient
  /** Through the token door. */
  viaHttp(server: string): BenchClient
}

const CLIENT = 'bench'

export async function startBenchWarder(): Promise<BenchWarder> {
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome())
  const warder: Warder = started.use(await startWarder({ home: home.path }))
  const { bearer, http } = await warder.ok<{ bearer: string; http: string }>([
    'client',
    'add',
    CLIENT,
    '--yes',
  ])
  const rest = started.move()
  return {
    pid: warder.pid,
    async addRemote(name, url) {
      await warder.ok(['server', 'add', name, '--url', url, '--auth', 'public', '--yes'])
    },
    async addLocal(name, command) {
      await warder.ok(['server', 'add', name, '--approve', '--', ...command])
    },
    viaShim: (server) =>
      stdioClient([
        process.execPath,
        cli,
        'mcp',
        '--home',
        home.path,
        '--client',
        CLIENT,
        '--server',
        server,
      ]),
    viaHttp: (server) => httpClient(`${http}/mcp/${server}`, { authorization: `Bearer ${bearer}` }),
    viaAll: () => httpClient(`${http}/mcp`, { authorization: `Bearer ${bearer}` }),
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  }
}
