import { WarderError } from '../../errors.ts'
import type { Room } from '../../runtime/budget.ts'
import { createBriefMap } from '../brief-map.ts'
import type { RequestMessage } from '../envelope.ts'
import type { Channel } from '../types.ts'
import type { SessionBranch } from './branch.ts'
import { createInFlight } from './in-flight.ts'

/** What the client waits for, and where each of it went. */
export interface Requests {
  /** @throws WarderError `bridge.malformed` for an id that is in use, `bridge.busy` */
  begin(message: RequestMessage, channel: Channel): void
  end(id: string): void
  /** Aborted when the client gives the request up before it went to a server. */
  signal(id: string): AbortSignal
  /** It is for this server. */
  goes(message: RequestMessage, branch: SessionBranch): void
  /** It is at its server now. */
  gone(id: string): void
  /** The client gives a request up. @returns the branch that has to be told, if it is there already */
  cancel(id: string | undefined): SessionBranch | undefined
  /** Whether a call that waits at this branch asked for progress under this token. */
  owns(key: string, token: string): boolean
  /** The way back of some request. */
  anyChannel(): Channel | null
}

interface Entry {
  readonly channel: Channel
  readonly controller: AbortController
  readonly token: string | undefined
  /** Gives its room to others. */
  readonly over: () => void
  branch: SessionBranch | undefined
  isGone: boolean
}

/** @param room where what waits counts */
export function createRequests(room: Room): Requests {
  const waiting = createBriefMap<string, Entry>()
  const tokens = createBriefMap<string, Entry>()
  const inFlight = createInFlight(room)

  return {
    begin(message, channel) {
      if (waiting.has(message.id))
        throw new WarderError(
          'bridge.malformed',
          'The message is refused: its id is in use by an earlier one.',
        )
      const entry: Entry = {
        channel,
        controller: new AbortController(),
        token: message.params?.member('_meta')?.member('progressToken')?.raw,
        over: inFlight.begin(message),
        branch: undefined,
        isGone: false,
      }
      waiting.set(message.id, entry)
    },
    end(id) {
      const entry = waiting.get(id)
      waiting.delete(id)
      entry?.over()
      if (entry?.token !== undefined && tokens.get(entry.token) === entry)
        tokens.delete(entry.token)
    },
    signal: (id) => waiting.get(id)?.controller.signal ?? AbortSignal.abort(),
    goes(message, branch) {
      const entry = waiting.get(message.id)
      if (entry === undefined) return
      entry.branch = branch
      if (entry.token !== undefined) tokens.set(entry.token, entry)
    },
    gone(id) {
      const entry = waiting.get(id)
      if (entry !== undefined) entry.isGone = true
    },
    cancel(id) {
      const entry = id === undefined ? undefined : waiting.get(id)
      entry?.controller.abort()
      return entry?.isGone ? entry.branch : undefined
    },
    owns: (key, token) => tokens.get(token)?.branch?.key === key,
    anyChannel() {
      for (const { channel } of waiting.values()) return channel
      return null
    },
  }
}
