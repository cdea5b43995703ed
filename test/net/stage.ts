import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type LookupFunction } from 'node:net'
import type { buildConnector } from 'undici'
import { createDialer, type Dialer } from '../../main/net/dialer.ts'

/** Addresses of a name, or one list for each time it is asked; the last one stays. */
export type Answers = readonly string[] | readonly (readonly string[])[]

/** A host that the rest of the internet would see, for names that nobody gave an address. */
export const somewhere = '93.184.216.34'

/**
 * The product's dialer before a painted internet: names have the addresses that the test gives them, and whatever
 * address the guard lets through is noted and then reached at a real HTTP server on loopback.
 */
export interface Stage extends AsyncDisposable {
  readonly dialer: Dialer
  /** The address of each connection, in order. */
  readonly dialled: readonly string[]
  /** `METHOD http(s)-less URL` of each request, in order. */
  readonly requests: readonly string[]
  /** How often a name was resolved. */
  readonly asked: readonly string[]
}

export async function startStage(
  dns: Readonly<Record<string, Answers>>,
  respond: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<Stage> {
  const [dialled, requests, asked]: [string[], string[], string[]] = [[], [], []]
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.host}${request.url}`)
    respond(request, response, requests.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const dialer = createDialer({
    lookup: async (name) => {
      asked.push(name)
      const turn = asked.filter((one) => one === name).length - 1
      return answersOf(dns[name], turn).map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }))
    },
    connector: (options = {}) => paintedConnector(options as Wired, port, dialled),
  })
  return {
    dialer,
    dialled,
    requests,
    asked,
    async [Symbol.asyncDispose]() {
      await dialer.close()
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

function answersOf(answers: Answers | undefined, turn: number): readonly string[] {
  const lists = (answers ?? []).filter((one) => typeof one !== 'string')
  if (lists.length > 0) return lists[Math.min(turn, lists.length - 1)] ?? []
  return (answers as readonly string[] | undefined) ?? [somewhere]
}

interface Wired {
  readonly lookup: LookupFunction
}

/** Asks for addresses as `net.connect` does, but always ends at the server of the stage. TLS is left out. */
function paintedConnector(
  { lookup }: Wired,
  port: number,
  dialled: string[],
): buildConnector.connector {
  return ({ hostname }, callback) => {
    const dial = (address: string) => {
      dialled.push(address)
      const socket = connect(port, '127.0.0.1')
      socket.once('error', (error) => callback(error, null))
      socket.once('connect', () => callback(null, socket))
    }
    if (hostname.startsWith('[') || /^[\d.]+$/.test(hostname)) return dial(hostname)
    lookup(hostname, { all: true }, (error, addresses) => {
      const [first] = typeof addresses === 'string' ? [] : addresses
      if (error !== null || first === undefined) callback(error ?? new Error('no address'), null)
      else dial(first.address)
    })
  }
}
