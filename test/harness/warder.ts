import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { z } from 'zod'
import { bareEnvironment, jsonLine, spawnReady } from './processes.ts'

/** The shipped command line. */
export const cli = path.join(import.meta.dirname, '..', '..', 'dist', 'cli', 'warder.cjs')

export interface Answer {
  readonly code: number
  /** The one document on stdout. */
  readonly json: unknown
  readonly stdout: string
  readonly stderr: string
}

export interface WarderOptions {
  readonly home: string
  /** `memory` by default. */
  readonly vault?: 'keychain' | 'file' | 'memory'
  /** Added to what every program needs: a keyring's bus, a `PATH` with another browser. */
  readonly env?: Readonly<Record<string, string>>
  readonly port?: number
  /** Of the vault file; given on standard input. */
  readonly passphrase?: string
  /** Sees what every verb answered, for tests of what must not be in it. */
  readonly onAnswer?: (args: readonly string[], answer: Answer) => void
}

/** How the companion's process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The shipped companion, run as a person would: `warder serve` in a process of its own. */
export interface Warder extends AsyncDisposable {
  readonly home: string
  readonly pid: number
  readonly ready: { readonly http: string; readonly sockets: string; readonly vault: string }
  readonly stderr: () => string
  /** Every line it wrote so far, to stdout and to stderr. */
  readonly output: readonly string[]
  /** Ends the process as a person or a crash would and waits until it is gone. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<Ended>
  /** Runs a verb with `--json` against this companion. @param input what it reads on standard input */
  run(args: readonly string[], input?: string): Promise<Answer>
  /** The same, where anything but exit code 0 is a failure of the test. */
  ok<T = unknown>(args: readonly string[], input?: string): Promise<T>
  /** A real MCP client (the 1.x SDK) through the shim. @param server null for all of them @param folder where it is started */
  client(name: string, server: string | null, folder?: string): Promise<Client>
  /** The same over the token door. */
  httpClient(bearer: string, server: string | null): Promise<Client>
}

const readyLine = z.object({
  ready: z.literal(true),
  http: z.string(),
  sockets: z.string(),
  vault: z.string(),
})

export async function startWarder({
  home,
  vault = 'memory',
  env = {},
  port,
  passphrase,
  onAnswer,
}: WarderOptions): Promise<Warder> {
  const vaultArgs = vault === 'keychain' ? [] : ['--vault', vault]
  const output: string[] = []
  const ready = jsonLine(readyLine)
  const serve = await spawnReady({
    command: process.execPath,
    args: [
      cli,
      'serve',
      '--json',
      '--home',
      home,
      ...vaultArgs,
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...(passphrase === undefined ? [] : ['--passphrase-fd', '0']),
    ],
    env,
    ...(passphrase === undefined ? {} : { input: passphrase }),
    announced(line) {
      output.push(line)
      return ready(line)
    },
  })
  const { child } = serve
  const ended = new Promise<Ended>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  )
  const clients: Client[] = []

  async function connected(client: Client, connect: () => Promise<void>): Promise<Client> {
    await connect()
    clients.push(client)
    return client
  }

  async function run(args: readonly string[], input = ''): Promise<Answer> {
    const answer = await runCli(['--json', '--home', home, ...args], { env, input })
    onAnswer?.(args, answer)
    return answer
  }
  return {
    home,
    pid: child.pid ?? 0,
    ready: serve.ready,
    stderr: serve.stderr,
    output,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return ended
    },
    run,
    async ok<T>(args: readonly string[], input = '') {
      const answer = await run(args, input)
      if (answer.code !== 0)
        throw new Error(
          `warder ${args.join(' ')} ended with ${answer.code}: ${answer.stdout}${answer.stderr}`,
        )
      return answer.json as T
    },
    client(name, server, folder) {
      const client = new Client({ name: 'a legacy client', version: '1' })
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [
          ...[cli, 'mcp', '--client', name, '--home', home],
          ...(server === null ? [] : ['--server', server]),
        ],
        env: bareEnvironment(),
        stderr: 'ignore',
        ...(folder === undefined ? {} : { cwd: folder }),
      })
      return connected(client, () => client.connect(transport))
    },
    httpClient(bearer, server) {
      const client = new Client({ name: 'a legacy client', version: '1' })
      const transport = new StreamableHTTPClientTransport(
        new URL(`${serve.ready.http}/mcp${server === null ? '' : `/${server}`}`),
        {
          requestInit: { headers: { authorization: `Bearer ${bearer}` } },
        },
      )
      return connected(client, () => client.connect(transport as Parameters<Client['connect']>[0]))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await serve[Symbol.asyncDispose]()
      // Empty by now; the companion keeps it for the next start, and a test's home has none.
      await rm(serve.ready.sockets, { recursive: true, force: true })
    },
  }
}

/** Runs the shipped command line to its end. */
export async function runCli(
  args: readonly string[],
  {
    env = {},
    input = '',
    cwd,
  }: { env?: Readonly<Record<string, string>>; input?: string; cwd?: string } = {},
): Promise<Answer> {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...bareEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: 'pipe',
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = Promise.withResolvers<number>()
  child.once('error', ended.reject)
  child.once('exit', (code) => ended.resolve(code ?? -1))
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended.promise,
  ])
  return { code, stdout, stderr, json: parsed(stdout) }
}

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout)
  } catch {
    return undefined
  }
}
