import { WarderError } from '../errors.ts'
import type { Server } from '../servers/servers.ts'
import { isRemote } from '../store/config-schema.ts'
import type { Injector } from './credentials.ts'
import { type RequestMessage, type ResponseMessage, withId } from './envelope.ts'
import type { Credential, Upstream } from './upstream/upstream.ts'

/** One session's way to its server. It is opened when the first message needs it and opened again when it broke. */
export interface Connection {
  /** The credential for the next message. @throws WarderError `server.*`, `grant.*`, `secret.*`, `vault.*` */
  inject(): Promise<Credential>
  /** Forwards a request under an id of ours. @throws WarderError, NotProcessed */
  request(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  /** Forwards a notification or the answer to a server's request, as it is. */
  send(text: string, credential: Credential): Promise<void>
  /** Keeps the opening of a client whose server could not be opened yet. */
  remember(initialize: RequestMessage): void
  /** True while the server is connected with a token of this grant in its hands. */
  holds(grant: string): boolean
  /** Ends the connection; the next message opens a new one. */
  reset(): Promise<void>
}

/** An own id for replaying the opening; the ids of forwarded requests are plain numbers. */
const REPLAY_ID = '"warder-opening"'
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

export function createConnection(options: {
  lookup: () => Server
  injector: Injector
  connect: (
    server: Server,
    started: { environment: Record<string, string>; holds: readonly string[] },
  ) => Promise<Upstream>
}): Connection {
  const { lookup, injector, connect } = options
  let upstream: Promise<Upstream> | null = null
  /** The client's own `initialize`, kept to open again what broke. */
  let opening: RequestMessage | null = null
  let environment: Record<string, string> = {}
  let granted: readonly string[] = []
  let accounts: readonly string[] = []

  async function inject(): Promise<Credential> {
    const server = lookup()
    if (isRemote(server.definition)) {
      const credential = await injector.headers(server)
      granted = credential.grant === null ? [] : [credential.grant]
      return credential
    }
    if (upstream !== null) return { headers: {}, account: accountOf(), grant: null }
    const injected = await injector.environment(server)
    environment = injected.values
    granted = injected.grants
    accounts = injected.accounts
    return { headers: {}, account: accountOf(), grant: null }
  }

  const accountOf = () => (accounts.length > 0 ? accounts.join(' ') : null)

  function open(): Promise<Upstream> {
    const attempt = connect(lookup(), { environment, holds: granted })
    // The values are in the child's environment now; we need them no longer.
    environment = {}
    upstream = attempt
    attempt.catch(() => {
      if (upstream === attempt) upstream = null
    })
    return attempt
  }

  /** The open connection, or a new one with the client's opening played again. */
  async function ready(credential: Credential, signal: AbortSignal): Promise<Upstream> {
    if (upstream !== null) return upstream
    if (opening === null)
      throw new WarderError(
        'bridge.not_opened',
        'The session has to be opened with initialize first.',
      )
    const first = opening
    const reopened = open().then(async (fresh) => {
      await fresh.request(withId(first, REPLAY_ID), REPLAY_ID, credential, signal)
      await fresh.send(INITIALIZED, credential)
      return fresh
    })
    upstream = reopened
    reopened.catch(() => {
      if (upstream === reopened) upstream = null
    })
    return reopened
  }

  async function reset(): Promise<void> {
    const old = upstream
    upstream = null
    granted = []
    await old?.then((connected) => connected.close()).catch(() => {})
  }

  return {
    inject,
    async request(message, id, credential, signal) {
      if (message.method !== 'initialize')
        return (await ready(credential, signal)).request(
          withId(message, id),
          id,
          credential,
          signal,
        )
      // A second opening starts over, as a client does that lost track.
      if (upstream !== null) await reset()
      opening = message
      return (await open()).request(withId(message, id), id, credential, signal)
    },
    async send(text, credential) {
      if (upstream === null) return
      await (await upstream).send(text, credential)
    },
    remember(initialize) {
      opening = initialize
    },
    holds: (grant) => upstream !== null && granted.includes(grant),
    reset,
  }
}
