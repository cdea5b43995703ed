import { type NotificationMessage, readMessage } from '../envelope.ts'
import { splice } from '../json-scan.ts'
import type { LinkHost } from '../upstream/upstream.ts'
import { LOG_LEVELS } from './claim.ts'

/** What begins the token of progress of a call at the server; its id follows. */
export const PROGRESS = 'warder-progress-'

/** One request of a client without sessions: it waits for its answer, unless there is a `later`. */
export interface Round {
  /** Its id upwards of us. */
  readonly id: string
  /** The token of progress that the client gave it, as JSON text. */
  readonly progressToken: string | null
  readonly logLevel: string | null
  /** Where the client has the floor: keeps what is said of the call for the request that takes it up again. */
  readonly later?: (message: NotificationMessage) => void
}

/**
 * Progress and the log, for clients without sessions: what belongs to a request goes there and nowhere else, and nobody
 * hears of the log who did not ask for it with that request (MCP 2026-07-28, server/utilities/logging).
 *
 * @param rounds by the ids that the server knows
 * @returns what passes them on, and returns false for any other notification
 */
export function hearNotices(
  host: LinkHost,
  rounds: { get(id: string): Round | undefined; values(): Iterable<Round> },
): (message: NotificationMessage, related: string | null) => Promise<void> | false | undefined {
  function listener(message: NotificationMessage, related: string | null): Round | undefined {
    const severity = LOG_LEVELS.indexOf(message.params?.member('level')?.string() ?? '')
    const about = related === null ? [...rounds.values()] : [rounds.get(related)]
    const wanting = about.filter(
      (round) => round?.logLevel != null && LOG_LEVELS.indexOf(round.logLevel) <= severity,
    )
    // Where all have the floor, the one that was asked last is the likeliest to come back.
    return wanting.find((round) => round?.later === undefined) ?? wanting.at(-1)
  }

  function progress(message: NotificationMessage, related: string | null) {
    const token = message.params?.member('progressToken')
    const own = token?.string()?.startsWith(PROGRESS)
      ? token.string()?.slice(PROGRESS.length)
      : null
    const round = rounds.get(own ?? related ?? '')
    if (token === undefined || !round || round.progressToken === null) return undefined
    if (round.later !== undefined) return round.later(message)
    const edit = { start: token.start, end: token.end, text: round.progressToken }
    const restored = readMessage(splice(message.text, [edit])) as NotificationMessage
    return host.onMessage(restored, round.id)
  }

  return (message, related) => {
    if (message.method === 'notifications/progress') return progress(message, related) ?? undefined
    if (message.method !== 'notifications/message') return false
    const round = listener(message, related)
    if (round?.later !== undefined) return void round.later(message)
    return (round && host.onMessage(message, round.id)) ?? undefined
  }
}
