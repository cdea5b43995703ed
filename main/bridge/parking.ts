import { isWarderError, WarderError } from '../errors.ts'
import { createEmitter } from '../events.ts'
import { type NotificationMessage, progressTokenOf, type RequestMessage } from './envelope.ts'
import { limits } from './limits.ts'
import { type ParkingTimer, systemTimer } from './timer.ts'
import type { Parking, Pending, Session, UnsentCall, WaitingCalls } from './types.ts'
import type { AccountName } from './upstream/upstream.ts'

export { type ParkingTimer, systemTimer }

/** What a client asks to see whether this side lives, and what Warder answers itself, waits for nobody. */
const NEVER = new Set(['initialize', 'ping'])

/** The account whose sign-in lets this call go on that has met this error; null where waiting is of no use. */
export function signInFor(
  message: RequestMessage | NotificationMessage,
  error: unknown,
): AccountName | null {
  if (message.kind !== 'request' || NEVER.has(message.method)) return null
  if (!isWarderError(error, 'grant.sign_in_needed', 'grant.scopes_needed')) return null
  // Only an account that has died names itself: where nobody is signed in, nobody is expected back.
  const { server, account } = error.details ?? {}
  return typeof server === 'string' && typeof account === 'string' ? { server, account } : null
}

interface Entry extends UnsentCall {
  readonly server: string
  readonly finish: (how: 'again' | 'over') => void
}

export function createParking(options: {
  /** The setting, in seconds; 0: nothing waits. */
  seconds: () => number
  timer?: ParkingTimer
}): Parking {
  const { seconds, timer = systemTimer } = options
  const events = createEmitter<{ changed: [] }>()
  const entries = new Set<Entry>()
  /** Until when a call may wait, however often it is decided anew meanwhile. */
  const deadlines = new WeakMap<Pending, number>()
  /** What each call waited for first. */
  const waitedFor = new WeakMap<Pending, AccountName>()
  let now = 0
  let all = 0
  const changedAt = new Map<string, number>()

  function isFull({ principals: { client } }: Session): boolean {
    const own = [...entries].filter(({ session }) => session.principals.client === client)
    return own.length >= limits.parkedPerClient || entries.size >= limits.parked
  }

  function deadlineOf({ pending, message }: UnsentCall): number {
    const known = deadlines.get(pending)
    if (known !== undefined) return known
    // Who shows progress to its person resets its own timeout by it, as a rule, and can wait longer.
    const patience = progressTokenOf(message) === null ? 1 : limits.parkedWithProgress
    const until = timer.now() + Math.min(seconds() * patience * 1_000, limits.parkedMs)
    deadlines.set(pending, until)
    return until
  }

  return {
    moment: () => now,
    async wait(call, since) {
      const { message, session, pending } = call
      const awaited = signInFor(message, call.error)
      const first = waitedFor.get(pending) ?? awaited
      const leaving = pending.channel.leaving?.()
      const left = deadlineOf(call) - timer.now()
      if (awaited === null || first === null || !isSame(awaited, first)) return 'over'
      const { server } = awaited
      if (left <= 0 || pending.signal.aborted || leaving?.aborted) return 'over'
      waitedFor.set(pending, first)
      if (Math.max(all, changedAt.get(server) ?? 0) > since) return 'again'
      if (isFull(session)) return 'over'

      const settled = Promise.withResolvers<'again' | 'over'>()
      const over = () => settled.resolve('over')
      const entry: Entry = { ...call, server, finish: settled.resolve }
      entries.add(entry)
      pending.parked = true
      const stop = timer.after(left, over)
      const quiet = reportProgress(entry, left, timer)
      pending.signal.addEventListener('abort', over)
      leaving?.addEventListener('abort', over)
      events.emit('changed')
      try {
        return await settled.promise
      } finally {
        entries.delete(entry)
        pending.parked = false
        stop()
        quiet()
        pending.signal.removeEventListener('abort', over)
        leaving?.removeEventListener('abort', over)
        events.emit('changed')
      }
    },
    check(pending, accounts) {
      const awaited = waitedFor.get(pending)
      if (awaited === undefined || accounts.some((one) => isSame(one, awaited))) return
      const { server, account } = awaited
      throw new WarderError(
        'grant.sign_in_needed',
        `The call waited for ${server}/${account}, which is not the account that is used now. It was not made: ask again.`,
        { details: { server } },
      )
    },
    takeBack(session, message, channel) {
      if (message.method !== 'notifications/cancelled') return
      const id = message.params?.member('requestId')?.raw
      for (const entry of entries)
        if (entry.session === session && entry.message.id === id)
          session.giveUp(entry.message.id, channel)
    },
    reconsider(server) {
      now++
      if (server === undefined) all = now
      else changedAt.set(server, now)
      for (const entry of entries)
        if (server === undefined || entry.server === server) entry.finish('again')
    },
    waiting() {
      const groups = new Map<string, WaitingCalls>()
      for (const { server, session } of entries) {
        const { client } = session.principals
        const key = JSON.stringify([server, client])
        groups.set(key, { server, client, calls: (groups.get(key)?.calls ?? 0) + 1 })
      }
      return [...groups.values()]
    },
    events,
  }
}

const isSame = (one: AccountName, other: AccountName) =>
  one.server === other.server && one.account === other.account

/**
 * Tells a client that asked for progress what its call waits for (MCP 2025-11-25, Progress). The numbers have to grow,
 * and the server's own, which start at 0 or above, may follow: these stay below.
 *
 * @returns what ends it
 */
function reportProgress({ message, pending, server }: Entry, left: number, timer: ParkingTimer) {
  const token = progressTokenOf(message)
  if (token === null) return () => {}
  let remaining = Math.ceil(left / limits.parkedProgressMs) + 1
  let stop = () => {}
  const text = JSON.stringify(`Waiting for sign-in at ${server}`)
  const report = () => {
    const progress = -remaining-- / 1_000
    pending.channel.send(
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":${progress},"message":${text}}}`,
    )
    stop = timer.after(limits.parkedProgressMs, report)
  }
  report()
  return () => stop()
}
