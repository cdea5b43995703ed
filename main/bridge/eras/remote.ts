import { isWarderError, WarderError } from '../../errors.ts'
import type { Dispatcher } from '../../net/dialer.ts'
import { unlessAborted } from '../abort.ts'
import { type RequestMessage, type ResponseMessage, readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import { connectHttp } from '../upstream/http.ts'
import {
  type Credential,
  type LinkHost,
  NotProcessed,
  type Upstream,
} from '../upstream/upstream.ts'
import type { Eras } from './eras.ts'
import { type Era, eraOf } from './revisions.ts'
import { createStateless } from './stateless.ts'

/**
 * A remote server of either era for a client that opens a session. The era is looked for with a stateless
 * `server/discover` before the first `initialize` (MCP 2026-07-28, Streamable HTTP, Backward Compatibility), since a
 * server of the stateless revision answers an `initialize` with an error or, worse, as if it had sessions. A server that
 * has sessions is spoken to as if there were nothing else.
 */
export function connectRemote(options: {
  url: string
  dispatcher: Dispatcher
  host: LinkHost
  eras: Eras
  /** False: it opens with `initialize` and is only asked where it refuses that. */
  asksFirst: boolean
}): Upstream {
  const { url, host, eras, asksFirst } = options
  let era: Era = 'session'
  const http = connectHttp({
    ...options,
    host: {
      ...host,
      onMessage(message, related) {
        if (era === 'session') return host.onMessage(message, related)
        // No server of the stateless revision may ask this way; it has its answers for that.
        if (message.kind === 'notification')
          host.onMessage(message, related && stateless.callOf(related))
      },
    },
  })
  const stateless = createStateless(http, host)

  /** Kept until the server's era is known: what comes before the answer to the opening waits for no more than that. */
  const decided = Promise.withResolvers<void>()
  let opened = false

  async function probe(
    initialize: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<Era> {
    const silent = AbortSignal.timeout(limits.eraProbeMs)
    const either = AbortSignal.any([signal, silent])
    const discover = async () => eraOf(await stateless.discover(initialize, credential, either))
    try {
      const first = await discover()
      const seen = first === 'again' ? await discover() : first
      if (seen === 'other') throw unknownRevisions()
      const found = seen === 'stateless' ? 'stateless' : 'session'
      eras.remember(url, found)
      return found
    } catch (error) {
      if (signal.aborted || !(silent.aborted || isNoAnswer(error, credential))) throw error
      if (!(error instanceof NotProcessed)) eras.remember(url, 'session')
      return 'session'
    }
  }

  /** The first request of a connection is always the opening, the client's own or one that is played again. */
  async function open(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    opened = true
    try {
      const known = eras.of(url)
      if (known === 'stateless' || (known === undefined && asksFirst))
        era = await probe(readMessage(text) as RequestMessage, credential, signal)
      // What comes before the answer has the way that the answer is expected on.
      decided.resolve()
      if (era === 'session') return await http.request(text, id, credential, signal)
    } catch (error) {
      if (!isWarderError(error, 'server.refused')) throw error
      // Not asked yet, or it has become another server since.
      era = await probe(readMessage(text) as RequestMessage, credential, signal)
      if (era === 'session') {
        eras.forget(url)
        throw error
      }
    } finally {
      decided.resolve()
    }
    return stateless.request(text, id, credential, signal)
  }

  return {
    async request(text, id, credential, signal, round) {
      if (!opened) return open(text, id, credential, signal)
      await unlessAborted(decided.promise, signal)
      return (era === 'stateless' ? stateless : http).request(text, id, credential, signal, round)
    },
    async send(text, credential) {
      await decided.promise
      // No server of the stateless revision could use a notification.
      if (era === 'session') await http.send(text, credential)
    },
    close(goodbye) {
      decided.resolve()
      stateless.end()
      return http.close(goodbye)
    },
  }
}

const unknownRevisions = () =>
  new WarderError('bridge.era_unsupported', 'The server knows no revision that Warder speaks.')

/** Servers with sessions refuse what they do not know in any way they like; some let everybody open one and ask later. */
function isNoAnswer(error: unknown, credential: Credential): boolean {
  if (error instanceof NotProcessed)
    return (
      error.reason === 'insufficient-scope' ||
      (error.reason === 'unauthorized' && !credential.renew)
    )
  return isWarderError(error, 'server.refused') || isWarderError(error, 'server.protocol')
}
