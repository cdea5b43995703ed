import {
  Client,
  type ClientOptions,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { bareEnvironment } from './processes.ts'
import { cli, type Warder } from './warder.ts'

/** The 2.x SDK's client, told to speak 2026-07-28 and nothing else. */
export interface ModernClients extends AsyncDisposable {
  /** Through the shim. @param server null for all of them */
  shim(client: string, server: string | null): Promise<Client>
  /** Over the token door. */
  http(bearer: string, server: string | null): Promise<Client>
}

const MODERN = '2026-07-28'

export function modernClients(
  warder: Pick<Warder, 'home' | 'ready'>,
  capabilities: ClientOptions['capabilities'] = {},
  prepare: (client: Client) => void = () => {},
): ModernClients {
  const clients: Client[] = []

  async function connected(transport: Parameters<Client['connect']>[0]): Promise<Client> {
    const client = new Client(
      { name: 'a modern client', version: '1' },
      { capabilities, versionNegotiation: { mode: { pin: MODERN } } },
    )
    prepare(client)
    await client.connect(transport)
    clients.push(client)
    return client
  }

  return {
    shim: (client, server) =>
      connected(
        new StdioClientTransport({
          command: process.execPath,
          args: [
            ...[cli, 'mcp', '--client', client, '--home', warder.home],
            ...(server === null ? [] : ['--server', server]),
          ],
          env: bareEnvironment(),
          stderr: 'ignore',
        }),
      ),
    http: (bearer, server) =>
      connected(
        new StreamableHTTPClientTransport(new URL(routeOf(warder.ready.http, server)), {
          requestInit: { headers: { authorization: `Bearer ${bearer}` } },
        }),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
    },
  }
}

const routeOf = (http: string, server: string | null) =>
  server === null ? `${http}/mcp` : `${http}/mcp/${server}`
