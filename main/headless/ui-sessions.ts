import { createHash, timingSafeEqual } from 'node:crypto'

/** One window of the page. It lives in memory only and ends with the companion. */
export interface UiSession {
  /** Called once when the session ends, so that what it holds open ends with it. */
  onEnd(listener: () => void): () => void
}

export interface UiSessions {
  /** @returns the bearer of a new session; only its hash is kept */
  open(): string
  /** @returns the session of this bearer, its idle time started anew; undefined for any other string */
  find(bearer: string): UiSession | undefined
  /** Ends what has been idle for too long. */
  sweep(): void
  close(): void
}

/** Milliseconds without a request after which a session ends. */
const IDLE = 8 * 60 * 60 * 1000
/** Windows that may be open at once; a further one ends the one that was idle longest. */
const MOST = 16

interface Held {
  hash: Buffer
  usedAt: number
  listeners: Set<() => void>
}

export function createUiSessions(seams: {
  randomBytes: (size: number) => Buffer
  clock: () => number
}): UiSessions {
  let held: Held[] = []

  const end = (gone: Held[]) => {
    held = held.filter((session) => !gone.includes(session))
    for (const session of gone) for (const listener of session.listeners) listener()
  }
  const sweep = () => end(held.filter((session) => seams.clock() - session.usedAt >= IDLE))

  return {
    open() {
      sweep()
      const bearer = seams.randomBytes(32).toString('base64url')
      held.push({ hash: hashOf(bearer), usedAt: seams.clock(), listeners: new Set() })
      const byUse = held.toSorted((a, b) => b.usedAt - a.usedAt)
      end(byUse.slice(MOST))
      return bearer
    },
    find(bearer) {
      sweep()
      const session = pick(held, hashOf(bearer))
      if (session === undefined) return undefined
      session.usedAt = seams.clock()
      return {
        onEnd(listener) {
          session.listeners.add(listener)
          return () => void session.listeners.delete(listener)
        },
      }
    },
    sweep,
    close: () => end(held),
  }
}

export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** The entry with this hash, in a time that does not tell how far a guess came. */
export function pick<T extends { hash: Buffer }>(
  entries: readonly T[],
  hash: Buffer,
): T | undefined {
  let found: T | undefined
  for (const entry of entries) if (timingSafeEqual(entry.hash, hash)) found = entry
  return found
}
