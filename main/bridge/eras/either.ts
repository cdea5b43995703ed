import { isWarderError, WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import { type RequestMessage, type ResponseMessage, readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import { refusalSaid } from '../upstream/http-answer.ts'
import {
  type Credential,
  type LinkHost,
  NotProcessed,
  type Upstream,
} from '../upstream/upstream.ts'
import type { ClientWay } from './client-way.ts'
import type { Eras } from './eras.ts'
import { type Era, eraOf, knowsNoSessions, MODERN } from './revisions.ts'
import type { StatelessEndpoint } from './stateless.ts'

/** A server that can be spoken to in either way. */
export interface Endpoint extends Upstream, StatelessEndpoint {
  /** Starts it again where it ended at a question that it did not know; absent where there is nothing to start. */
  readonly restart?: () => Promise<void>
}

/** What a probe has come to. `withheld`: the server tells it to nobody without a token, and there is none to renew. */
type Verdict = Era | 'silent' | 'withheld'

/**
 * A server of either era. The era is looked for with a stateless `server/discover`
 * before the first `initialize` (MCP 2026-07-28, Backward Compatibility of stdio and of Streamable HTTP), since a server
 * of the stateless revision answers an `initialize` with an error or, worse, as if it had sessions. A server that has
 * sessions is spoken to as if there were nothing else.
 */
export async function connectEither(options: {
  connect: (host: LinkHost) => Endpoint | Promise<Endpoint>
  host: LinkHost
  eras: Eras
  /** What the era is remembered for. */
  key: string
  /** False: it opens with `initialize` and is only asked where it refuses that. */
  asksFirst: boolean
  client: ClientWay
}): Promise<Upstream> {
  const { host, eras, asksFirst, client } = options
  // A server of both eras is spoken to as its client speaks.
  const key = `${client.speaks} ${options.key}`
  const sessions = client.session(host)
  let era: Era = 'session'
  /** True while a server may end because of the question. */
  let asking = false
  const endpoint = await options.connect({
    ...host,
    onMessage(message, related) {
      if (era === 'session') return sessions.host.onMessage(message, related)
      // No server of the stateless revision may ask this way; it has its answers for that.
      return message.kind === 'notification' ? stateless.hear(message, related) : undefined
    },
    onClosed() {
      if (!asking) host.onClosed()
    },
  })
  const stateless = client.stateless(endpoint, host)
  const inSession = sessions.over(endpoint)

  /** Kept until the server's era is known: what comes before the answer to the opening waits for no more than that. */
  const decided = Promise.withResolvers<void>()
  /** Those who waited have gone on. */
  let noneWait = false
  void decided.promise.then(() =>
    setImmediate(() => {
      noneWait = true
    }),
  )
  /** Between two sides with sessions a message takes no turn of its own, and overtakes nothing. */
  const isStraight = () => noneWait && era === 'session' && inSession === endpoint
  let opened = false
  /** The question that a silent server may still answer. */
  let late: Promise<Verdict> | null = null
  const unasked = new AbortController()

  async function discover(
    initialize: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const ask = async () =>
      eraOf(await stateless.discover(initialize, credential, signal), client.speaks)
    try {
      const first = await ask()
      const seen = first === 'again' ? await ask() : first
      if (seen === 'other') throw unknownRevisions()
      return seen === 'stateless' ? 'stateless' : 'session'
    } catch (error) {
      if (signal.aborted) throw error
      if (endpoint.restart && isWarderError(error, 'server.ended', 'server.start_failed')) {
        host.check(credential)
        await endpoint.restart()
        return 'session'
      }
      if (isNoAnswer(error)) return 'session'
      if (isWithheld(error, credential)) return 'withheld'
      throw error
    }
  }

  async function probe(
    initialize: RequestMessage,
    credential: Credential,
    signal: AbortSignal,
    patienceMs: number,
  ): Promise<Verdict> {
    late ??= discover(initialize, credential, AbortSignal.any([signal, unasked.signal]))
    late.catch(() => {})
    const silent = AbortSignal.timeout(patienceMs)
    asking = true
    try {
      const seen = await unlessAborted(late, AbortSignal.any([signal, silent]))
      late = null
      return seen
    } catch (error) {
      if (signal.aborted || !silent.aborted) throw error
      return 'silent'
    } finally {
      asking = false
    }
  }

  function settle(found: Era): Era {
    eras.remember(key, found)
    era = found
    return found
  }

  /** The first request of a connection is always the opening, the client's own or one that is played again. */
  async function open(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const initialize = readMessage(text) as RequestMessage
    const known = eras.of(key)
    let seen: Verdict | null = null
    if (known === 'stateless' || (known === undefined && asksFirst)) {
      seen = await probe(initialize, credential, signal, limits.eraProbeMs)
      if (seen === 'stateless' || seen === 'session') settle(seen)
    }
    if (era === 'session') {
      // What comes before the answer has the way that the answer is expected on.
      decided.resolve()
      const { said, answer } = await outcomeOf(inSession.request(text, id, credential, signal))
      if (said !== null && said.error === undefined) {
        unasked.abort()
        // Nothing but the answer to an opening says it of a server that is silent.
        if (seen === 'silent') settle('session')
        return said
      }
      // Not asked yet, or silent, or it has become another server since.
      const now =
        seen === 'session' ? seen : await probe(initialize, credential, signal, limits.eraProbeMs)
      if (now !== 'stateless' && !(said && knowsNoSessions(said))) {
        eras.forget(key)
        return answer()
      }
      settle('stateless')
    }
    return stateless.request(text, id, credential, signal)
  }

  async function inTurn(...[text, id, credential, signal, round]: Parameters<Upstream['request']>) {
    if (!opened) {
      opened = true
      return open(text, id, credential, signal).finally(decided.resolve)
    }
    await unlessAborted(decided.promise, signal)
    const way = era === 'stateless' ? stateless : inSession
    return way.request(text, id, credential, signal, round)
  }

  return {
    request: (text, id, credential, signal, round) =>
      isStraight()
        ? inSession.request(text, id, credential, signal, round)
        : inTurn(text, id, credential, signal, round),
    revision: () => (era === 'stateless' ? MODERN : null),
    async send(text, credential) {
      if (!isStraight()) await decided.promise
      if (era === 'session') return inSession.send(text, credential)
      // No server of the stateless revision could use a notification.
      if (isInitialized(text)) stateless.listen(credential)
    },
    close(goodbye) {
      decided.resolve()
      unasked.abort()
      stateless.end()
      return inSession.close(goodbye)
    },
  }
}

/** An answer, also one that came with the status of a refusal; null where a refusal says nothing of the protocol. */
async function outcomeOf(asked: Promise<ResponseMessage>): Promise<{
  readonly said: ResponseMessage | null
  /** @throws WarderError `server.refused` */
  readonly answer: () => ResponseMessage
}> {
  try {
    const said = await asked
    return { said, answer: () => said }
  } catch (error) {
    if (!isWarderError(error, 'server.refused')) throw error
    return {
      said: refusalSaid(error),
      answer() {
        throw error
      },
    }
  }
}

function isInitialized(text: string): boolean {
  const message = readMessage(text)
  return message.kind === 'notification' && message.method === 'notifications/initialized'
}

const unknownRevisions = () =>
  new WarderError('bridge.era_unsupported', 'The server knows no revision that Warder speaks.')

/** Servers with sessions refuse what they do not know in any way they like. */
const isNoAnswer = (error: unknown) => isWarderError(error, 'server.refused', 'server.protocol')

/** Some let everybody open a session and ask for a token later. */
const isWithheld = (error: unknown, credential: Credential) =>
  error instanceof NotProcessed &&
  (error.reason === 'insufficient-scope' || (error.reason === 'unauthorized' && !credential.renew))
