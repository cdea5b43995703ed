import { type NotificationMessage, readMessage } from '../envelope.ts'
import { splice } from '../json-scan.ts'
import type { LinkHost } from '../upstream/upstream.ts'
import { LOG_LEVELS } from './claim.ts'

/** What begins the token of progress of a call at the server; its id follows. */
export const PROGRESS = 'warder-progress-'

/** One request of a client without sessions that waits for its answer. */
export interface Round {
  /** Its id upwards of us. */
  readonly id: string
  /** The token of progress that the client gave it, as JSON text. */
  readonly progressToken: string | null
  readonly logLevel: string | null
}

/**
 * Progress and the log, for clients without sessions: what belongs to a request goes there and nowhere else, and nobody
 * hears of the log who did not ask for it with that request (MCP 2026-07-28, server/utilities/logging).
 *
 * @param rounds by the ids that the server knows; null where the client has the floor
 * @returns what passes them on, and returns false for any other notification
 */
export function hearNotices(
  host: LinkHost,
  rounds: { get(id: string): Round | null | undefined; values(): Iterable<Round | null> },
): (message: NotificationMessage, related: string | null) => Promise<void> | false | undefined {
  function listener(message: NotificationMessage, related: string | null): Round | null {
    const severity = LOG_LEVELS.indexOf(message.params?.member('level')?.string() ?? '')
    const about = related === null ? [...rounds.values()] : [rounds.get(related)]
    const wants = (round: Round | null | undefined) =>
      round?.logLevel != null && LOG_LEVELS.indexOf(round.logLevel) <= severity
    return about.find(wants) ?? null
  }

  function progress(message: NotificationMessage, related: string | null) {
    const token = message.params?.member('progressToken')
    const own = token?.string()?.startsWith(PROGRESS)
      ? token.string()?.slice(PROGRESS.length)
      : null
    const round = rounds.get(own ?? related ?? '')
    if (token === undefined || !round || round.progressToken === null) return undefined
    const edit = { start: token.start, end: token.end, text: round.progressToken }
    const restored = readMessage(splice(message.text, [edit])) as NotificationMessage
    return host.onMessage(restored, round.id)
  }

  return (message, related) => {
    if (message.method === 'notifications/progress') return progress(message, related) ?? undefined
    if (message.method !== 'notifications/message') return false
    const round = listener(message, related)
    return (round && host.onMessage(message, round.id)) ?? undefined
  }
}
