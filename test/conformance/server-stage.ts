import path from 'node:path'
import { z } from 'zod'
import { addClient } from '../e2e/support/stage.ts'
import { testHome } from '../harness/home.ts'
import { listenOnLoopback } from '../harness/loopback.ts'
import { bareEnvironment, jsonLine, spawnReady } from '../harness/processes.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { cli, startWarder } from '../harness/warder.ts'
import { startBearerProxy } from './ways/bearer-proxy.ts'
import { requestsOverStdio } from './ways/shim-requests.ts'
import { sessionsOverStdio } from './ways/shim-sessions.ts'

/** Who stands at the end: our own server of each era, and the reference server. */
export type Backend = 'sessions' | 'stateless' | 'everything'
/** What the suite speaks. */
export type Era = 'sessions' | 'stateless'
/** How Warder reaches it. */
export type Upstream = 'http' | 'stdio'
/** How the suite reaches Warder. */
export type Door = 'door' | 'shim'

/** The shipped Warder with every server behind it, over both transports, and a client that may call them all. */
export interface ServerStage extends AsyncDisposable {
  /** Where the suite finds a server without Warder. */
  direct(backend: Backend): string
  /** Where the suite finds it behind Warder. Disposing of it ends the sessions that the suite left open. */
  through(door: Door, era: Era, backend: Backend, upstream: Upstream): Promise<Reached>
}

export interface Reached extends AsyncDisposable {
  readonly url: string
}

const CLIENT = 'suite'
const endpoints = { sessions: sessionsOverStdio, stateless: requestsOverStdio }
const program = path.join(import.meta.dirname, 'fixture', 'program.ts')

export async function openServerStage(): Promise<ServerStage> {
  await using started = new AsyncDisposableStack()
  const { path: home } = started.use(await testHome())
  const warder = started.use(await startWarder({ home }))
  const { bearer } = await addClient(warder, CLIENT)
  const urls: Record<Backend, string> = {
    sessions: started.use(await startFixture('sessions')).ready.url,
    stateless: started.use(await startFixture('stateless')).ready.url,
    everything: started.use(await startResourceServer({ open: true })).url,
  }
  const programs: Record<Backend, readonly string[]> = {
    sessions: [process.execPath, program, 'sessions', 'stdio'],
    stateless: [process.execPath, program, 'stateless', 'stdio'],
    everything: [everythingStdio.command, ...everythingStdio.args],
  }
  for (const backend of Object.keys(urls) as Backend[]) {
    const { [backend]: url } = urls
    await warder.ok(['server', 'add', `${backend}-http`, '--url', url, '--auth', 'public'])
    await warder.ok(['server', 'add', `${backend}-stdio`, '--approve', '--', ...programs[backend]])
  }

  async function overToken(server: string): Promise<Reached> {
    const proxy = await startBearerProxy(warder.ready.http, bearer)
    const close = () => proxy[Symbol.asyncDispose]()
    return { url: `${proxy.origin}/mcp/${server}`, [Symbol.asyncDispose]: close }
  }

  async function overShim(server: string, era: Era): Promise<Reached> {
    await using opened = new AsyncDisposableStack()
    const endpoint = endpoints[era]({
      command: process.execPath,
      args: [cli, 'mcp', '--client', CLIENT, '--server', server, '--home', home],
      env: bareEnvironment(),
      stderr: 'ignore',
    })
    const front = opened.use(
      await listenOnLoopback((request, response) =>
        endpoint.handle(request, response).catch(() => response.destroy()),
      ),
    )
    opened.defer(() => endpoint.close())
    const all = opened.move()
    return { url: `${front.origin}/mcp`, [Symbol.asyncDispose]: () => all.disposeAsync() }
  }

  const resources = started.move()
  return {
    direct: (backend) => urls[backend],
    through: (door, era, backend, upstream) =>
      (door === 'shim' ? overShim : overToken)(`${backend}-${upstream}`, era),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

function startFixture(era: Era) {
  return spawnReady({
    command: process.execPath,
    args: [program, era, 'http'],
    announced: jsonLine(z.object({ url: z.string() })),
  })
}
