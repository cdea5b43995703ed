import { createConnection } from '../../../main/bridge/connection.ts'
import type { Injector } from '../../../main/bridge/credentials.ts'
import {
  type NotificationMessage,
  type RequestMessage,
  readMessage,
} from '../../../main/bridge/envelope.ts'
import { relay } from '../../../main/bridge/relay.ts'
import { createSession } from '../../../main/bridge/session.ts'
import type { Channel, House, Session } from '../../../main/bridge/types.ts'
import type { Credential, Upstream } from '../../../main/bridge/upstream/upstream.ts'

const server = { name: 's', definition: { url: 'http://127.0.0.1:1/', auth: 'public' } } as const

/** What goes along to a server that wants no credential. */
export const nothing: Credential = {
  server,
  headers: {},
  environment: null,
  account: null,
  accounts: [],
  grants: [],
}

/**
 * An open session at a server that is a function of the test: relay, session and connection are Warder's own, and there is
 * neither a door nor a network.
 *
 * @param options.hears what reaches the server; returns the result of a request as JSON text
 */
export function directSession(
  house: Omit<House, 'connect'>,
  options: {
    hears: (message: RequestMessage | NotificationMessage) => string
    client?: string
    headers?: Injector['headers']
  },
): { readonly session: Session; say(text: string, channel: Channel): Promise<void> } {
  const { hears, client = 'one', headers = async () => nothing } = options
  const read = (text: string) => readMessage(text) as RequestMessage | NotificationMessage
  const upstream: Upstream = {
    request: async (text, id) =>
      readMessage(`{"jsonrpc":"2.0","id":${id},"result":${hears(read(text))}}`) as never,
    send: async (text) => void hears(read(text)),
    close: async () => {},
  }
  const all: House = {
    ...house,
    connect: (_name, asker, events) =>
      createConnection({
        asker,
        lookup: () => server,
        injector: { headers, environment: () => Promise.reject(new Error('no local server')) },
        revoked: () => false,
        stopped: () => null,
        connect: async () => upstream,
        events,
      }),
  }
  const session = createSession({
    principals: { user: 'u', client, proof: 'same-user' },
    server: server.name,
    folder: null,
    house: all,
    standing: () => null,
  })
  const initialize = '{"jsonrpc":"2.0","id":"o","method":"initialize","params":{}}'
  session.connection.remember(readMessage(initialize) as RequestMessage)
  return { session, say: (text, channel) => relay(text, session, channel, all) }
}
