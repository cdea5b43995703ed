import { WarderError } from '../../errors.ts'
import {
  errorResponse,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { METHOD_NOT_FOUND } from '../refusal.ts'
import type { Credential, LinkHost, Upstream } from '../upstream/upstream.ts'
import { claimOf, isRefusal, LOG_LEVELS } from './claim.ts'
import { completed } from './complete-result.ts'
import { discoverResult, serverInfoOf } from './session-opening.ts'
import { inSession } from './session-request.ts'

/**
 * A server with sessions for a client that has none (ADR 13). The session is opened by the connection, in the client's
 * name; here each request that stood alone becomes one of it, and each answer one that stands alone.
 */
export interface Sessionful {
  /** What the connection to the server is to tell. */
  readonly host: LinkHost
  /** @param inner the connection that speaks the server's own revision */
  over(inner: Upstream): Upstream
}

/** A request on its way, as the server knows it. */
interface Call {
  /** The token of progress that its client gave it, as JSON text. */
  readonly progressToken: string | null
  readonly logLevel: string | null
}

export function createSessionful(events: LinkHost): Sessionful {
  const calls = new Map<string, Call>()
  let opened: ResponseMessage | null = null
  /** What the server was told last. */
  let level: string | null = null
  let counter = 0

  /** The server's own word on a message of the log goes to those who asked for it, and to nobody else. */
  function listenerOf(message: NotificationMessage, related: string | null): string | null {
    const severity = LOG_LEVELS.indexOf(message.params?.member('level')?.string() ?? '')
    const wants = ({ logLevel }: Call) =>
      logLevel !== null && LOG_LEVELS.indexOf(logLevel) <= severity
    const call = related === null ? undefined : calls.get(related)
    if (call !== undefined) return wants(call) ? related : null
    return [...calls].find(([, one]) => wants(one))?.[0] ?? null
  }

  function progress(message: NotificationMessage): void {
    const token = message.params?.member('progressToken')
    const id = token?.string()?.slice(PROGRESS.length) ?? ''
    const own = calls.get(id)?.progressToken ?? null
    if (token === undefined || own === null) return
    const { text } = message
    const restored = text.slice(0, token.start) + own + text.slice(token.end)
    events.onMessage(readMessage(restored) as NotificationMessage, id)
  }

  function receive(message: RequestMessage | NotificationMessage, related: string | null): void {
    if (message.kind === 'request') return
    if (message.method === 'notifications/progress') progress(message)
    if (message.method !== 'notifications/message') return
    const id = listenerOf(message, related)
    if (id !== null) events.onMessage(message, id)
  }

  function over(inner: Upstream): Upstream {
    async function setLevel(
      wanted: string | null,
      credential: Credential,
      signal: AbortSignal,
    ): Promise<void> {
      const logs = opened?.result?.member('capabilities')?.member('logging')?.kind === 'object'
      if (wanted === null || wanted === level || !logs) return
      level = wanted
      const id = JSON.stringify(`warder-level-${++counter}`)
      const text = `{"jsonrpc":"2.0","id":${id},"method":"logging/setLevel","params":{"level":"${wanted}"}}`
      await inner.request(text, id, credential, signal)
    }

    async function forward(
      message: RequestMessage,
      id: string,
      credential: Credential,
      signal: AbortSignal,
    ): Promise<ResponseMessage> {
      const claim = claimOf(message)
      const logLevel = isRefusal(claim) ? null : claim.logLevel
      await setLevel(logLevel, credential, signal)
      const progressToken = message.params?.member('_meta')?.member('progressToken')?.raw ?? null
      calls.set(id, { progressToken, logLevel })
      const giveUp = () => void inner.send(cancelled(id), credential).catch(() => {})
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        const text = inSession(message, JSON.stringify(PROGRESS + id))
        const answer = await inner.request(text, id, credential, signal)
        const info = opened?.result === undefined ? null : serverInfoOf(opened.result)
        return completed(answer, message.method, info)
      } finally {
        signal.removeEventListener('abort', giveUp)
        calls.delete(id)
      }
    }

    return {
      async request(text, id, credential, signal) {
        const message = readMessage(text) as RequestMessage
        switch (message.method) {
          case 'initialize':
            opened = await inner.request(text, id, credential, signal)
            return opened
          case 'server/discover':
            return own(resultResponse(id, discoverResult(openedOr(opened))))
          case 'subscriptions/listen':
            return own(errorResponse(id, METHOD_NOT_FOUND, 'Method not found'))
          default:
            return forward(message, id, credential, signal)
        }
      },
      async send(text, credential) {
        const message = readMessage(text)
        // The opening's; what a client gives up is told to the server where its request is.
        if (message.kind === 'notification' && message.method === 'notifications/initialized')
          await inner.send(text, credential)
      },
      close: (goodbye) => inner.close(goodbye),
    }
  }

  return { host: { ...events, onMessage: receive }, over }
}

const PROGRESS = 'warder-progress-'

const cancelled = (id: string) =>
  `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`

const own = (text: string) => readMessage(text) as ResponseMessage

function openedOr(opened: ResponseMessage | null) {
  if (opened?.result?.kind === 'object') return opened.result
  throw new WarderError('server.protocol', 'The server did not say what it is.')
}
