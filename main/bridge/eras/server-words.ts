import {
  errorResponse,
  type NotificationMessage,
  type RequestMessage,
  readMessage,
} from '../envelope.ts'
import { splice } from '../json-scan.ts'
import type { LinkHost } from '../upstream/upstream.ts'
import { INVALID_PARAMS, LOG_LEVELS } from './claim.ts'
import type { HeldCall } from './held-call.ts'
import { MAY_NEED_INPUT, refusalOf } from './questions.ts'

/** What begins the token of progress of a call at the server; its id follows. */
export const PROGRESS = 'warder-progress-'

/**
 * What a server with sessions says beside its answers, for a client without: what belongs to one of its requests goes
 * there, and nowhere else (MCP 2026-07-28, Streamable HTTP, Receiving Messages).
 *
 * @param calls those that the server has, by the ids that it knows
 * @param refuse answers the server
 */
export function hearServer(
  host: LinkHost,
  calls: ReadonlyMap<string, HeldCall>,
  refuse: (text: string) => void,
): LinkHost['onMessage'] {
  function log(message: NotificationMessage, related: string | null): void {
    const severity = LOG_LEVELS.indexOf(message.params?.member('level')?.string() ?? '')
    const wants = ({ round }: HeldCall) =>
      round?.logLevel != null && LOG_LEVELS.indexOf(round.logLevel) <= severity
    const about = related === null ? [...calls.values()] : [calls.get(related)]
    const listener = about.find((call) => call !== undefined && wants(call))
    if (listener?.round) host.onMessage(message, listener.round.id)
  }

  function progress(message: NotificationMessage): void {
    const token = message.params?.member('progressToken')
    const round = calls.get(token?.string()?.slice(PROGRESS.length) ?? '')?.round
    if (token === undefined || !round || round.progressToken === null) return
    const edit = { start: token.start, end: token.end, text: round.progressToken }
    const restored = readMessage(splice(message.text, [edit])) as NotificationMessage
    host.onMessage(restored, round.id)
  }

  function ask(question: RequestMessage, related: string | null): void {
    // A server on a pipe does not say what its question is about: the oldest call that it may be about.
    const call = [...calls].find(
      ([id, { method }]) => MAY_NEED_INPUT.has(method) && (related === null || related === id),
    )?.[1]
    const refused =
      call === undefined
        ? errorResponse(question.id, INVALID_PARAMS, 'The client cannot be asked now.')
        : refusalOf(question, call.abilities)
    if (call === undefined || refused !== null) refuse(refused ?? '')
    else
      host.onMessage(question, related, undefined, (text, answered) =>
        call.ask(question.id, text, answered),
      )
  }

  function takeBack(message: NotificationMessage): void {
    const id = message.params?.member('requestId')?.raw
    for (const call of calls.values()) if (id !== undefined) call.forget(id)
    host.onMessage(message, null)
  }

  return (message, related) => {
    if (message.kind === 'request') {
      // It only asks whether this side lives.
      if (message.method === 'ping') host.onMessage(message, related)
      else ask(message, related)
      return
    }
    if (message.method === 'notifications/progress') progress(message)
    if (message.method === 'notifications/message') log(message, related)
    if (message.method === 'notifications/cancelled') takeBack(message)
  }
}
