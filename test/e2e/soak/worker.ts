import { Client as ModernClient, ProtocolError } from '@modelcontextprotocol/client'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { bareEnvironment } from '../../harness/processes.ts'
import { cli } from '../../harness/warder.ts'

/** What came of one call. */
export type Fate =
  /** Its result came. */
  | 'answered'
  /** An error came in its place. */
  | 'refused'
  /** Its shim was killed by us. */
  | 'killed'
  /** Nothing came, or its shim ended by itself. */
  | 'lost'

export interface Call {
  readonly key: string
  readonly fate: Fate
  /** What the error said. */
  readonly why: string
}

/** The client of the 1.x SDK, with sessions, or that of the 2.x SDK, told to speak 2026-07-28. */
export type WorkerEra = 'session' | 'stateless'

/** One client of the soak: it calls, and starts another shim where its own was killed. */
export interface Worker extends AsyncDisposable {
  call(key: string): Promise<Call>
  /** @returns its fate; the key is none */
  list(): Promise<Call>
  /** Kills its shim. */
  kill(): void
}

export function startWorker(options: {
  home: string
  client: string
  server: string
  era: WorkerEra
}): Worker {
  const { home, client: name, server, era } = options
  let opened: Promise<Opened> | null = null

  interface Opened {
    readonly client: Pick<Client | ModernClient, 'callTool' | 'listTools' | 'close'>
    readonly transport: StdioClientTransport
    killed: boolean
  }

  async function open(): Promise<Opened> {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [cli, 'mcp', '--client', name, '--server', server, '--home', home],
      env: bareEnvironment(),
      stderr: 'ignore',
    })
    const info = { name: 'soak', version: '1' }
    if (era === 'session') {
      const client = new Client(info)
      const own = begun(client, transport)
      await client.connect(transport)
      return own
    }
    const versionNegotiation = { mode: { pin: '2026-07-28' } }
    const client = new ModernClient(info, { versionNegotiation })
    const own = begun(client, transport)
    // The transport of the 1.x SDK tells the id of its process.
    await client.connect(transport as Parameters<ModernClient['connect']>[0])
    return own
  }
  let current: Opened | null = null

  function begun(client: Opened['client'], transport: StdioClientTransport): Opened {
    current = { client, transport, killed: false }
    return current
  }

  async function ask(
    key: string,
    what: (client: Opened['client']) => Promise<unknown>,
  ): Promise<Call> {
    opened ??= open()
    const mine = opened
    try {
      const { client } = await mine
      const own = current
      try {
        await what(client)
        return { key, fate: 'answered', why: '' }
      } catch (error) {
        const fate = fateOf(error)
        return { key, why: String(error), fate: fate === 'lost' && own?.killed ? 'killed' : fate }
      } finally {
        if (own?.killed && opened === mine) opened = null
      }
    } catch (error) {
      // Its shim could not be opened, or was killed before it was.
      if (opened === mine) opened = null
      return { key, why: String(error), fate: current?.killed ? 'killed' : fateOf(error) }
    }
  }

  return {
    call: (key) => ask(key, (client) => client.callTool({ name: 'count', arguments: { key } })),
    list: () => ask('', (client) => client.listTools()),
    kill() {
      const pid = current?.transport.pid
      if (current === null || pid == null) return
      current.killed = true
      process.kill(pid, 'SIGKILL')
    },
    async [Symbol.asyncDispose]() {
      await (await opened?.catch(() => null))?.client.close()
    },
  }
}

/** The SDK's own errors say that nothing came; any other was an answer. */
function fateOf(error: unknown): Fate {
  if (error instanceof ProtocolError) return 'refused'
  const own: number[] = [ErrorCode.ConnectionClosed, ErrorCode.RequestTimeout]
  return error instanceof McpError && !own.includes(error.code) ? 'refused' : 'lost'
}
