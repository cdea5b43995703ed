/** Room in memory. Bytes; a character of a text counts as one. */
export interface Room {
  /** @returns false where there is not so much; nothing is taken then */
  take(bytes: number): boolean
  give(bytes: number): void
}

/**
 * What waits of one peer: of a client over all its connections and sessions, or of a server that clients share. Every call
 * comes through here, so that it is a number added and subtracted and nothing else.
 */
export interface Share {
  /** What the peer asks. It gets a part of the room only: what is left is for what it is answered. */
  readonly asks: Room
  readonly answers: Room
  /**
   * What one connection of the peer has not read yet. Where there is no room for it, the connection that has most unread is
   * cut off, which may be this one.
   *
   * @param cut ends the connection
   * @returns is told how much it is now
   */
  unread(cut: () => void): (bytes: number) => void
}

/** What waits of all peers together. */
export interface Budget {
  of(peer: string): Share
}

/** Bytes. */
export interface BudgetSizes {
  /** What waits of one peer, and how much of that it may have asked. */
  readonly each: number
  readonly asked: number
  /** So much of each peer does not count for all of them: those that have more cannot take it away. */
  readonly kept: number
  /** What waits of all peers beyond that. */
  readonly all: number
}

/** So little of one message, or on one connection, is not counted. */
export const NOT_COUNTED = 64 * 1024
/** Nor is so little of one answer: of those there is one for each call, and what a call counts for stands for it. */
export const ANSWER_NOT_COUNTED = 16 * 1024

export function createBudget({ each, asked, kept, all }: BudgetSizes): Budget {
  const shares = new Map<string, Share>()
  let common = 0

  function createShare(): Share {
    const slow = new Set<Slow>()
    let held = 0
    let asking = 0

    function take(bytes: number): boolean {
      const more = beyond(held + bytes) - beyond(held)
      if (held + bytes > each || common + more > all) return false
      held += bytes
      common += more
      return true
    }

    function give(bytes: number): void {
      common -= beyond(held) - beyond(held - bytes)
      held -= bytes
    }

    function cutOff(one: Slow): void {
      slow.delete(one)
      give(one.bytes)
      one.bytes = 0
      one.cut()
    }

    return {
      asks: {
        take(bytes) {
          if (asking + bytes > asked || !take(bytes)) return false
          asking += bytes
          return true
        },
        give(bytes) {
          asking -= bytes
          give(bytes)
        },
      },
      answers: { take, give },
      unread(cut) {
        const own: Slow = { bytes: 0, cut }
        return (bytes) => {
          give(own.bytes)
          own.bytes = 0
          slow.delete(own)
          if (bytes === 0) return
          while (!take(bytes)) {
            const slowest = [...slow].reduce((a, b) => (b.bytes > a.bytes ? b : a), own)
            if (slowest.bytes <= bytes) return cut()
            cutOff(slowest)
          }
          own.bytes = bytes
          slow.add(own)
        }
      },
    }
  }

  const beyond = (bytes: number) => (bytes > kept ? bytes - kept : 0)

  return {
    of(peer) {
      const known = shares.get(peer)
      if (known !== undefined) return known
      const share = createShare()
      shares.set(peer, share)
      return share
    },
  }
}

interface Slow {
  bytes: number
  readonly cut: () => void
}

/**
 * What one reader has read of a message that has not come whole.
 *
 * @param free so little of it is not counted
 * @returns is told how much it is now; false where there is no room for it
 */
export function countHeld(room: Room, free = NOT_COUNTED): (bytes: number) => boolean {
  let counted = 0
  return (bytes) => {
    const wanted = bytes > free ? bytes : 0
    if (wanted > counted && !room.take(wanted - counted)) return false
    if (wanted < counted) room.give(counted - wanted)
    counted = wanted
    return true
  }
}

/** What is kept of one session for longer than a call, each thing under a name of its own. */
export interface Ledger {
  /** @returns false where there is no room for so much; then nothing counts under this name */
  set(name: string, bytes: number): boolean
  /** Gives all back. Nothing is taken any more. */
  close(): void
}

export function createLedger(room: Room): Ledger {
  const counted = new Map<string, number>()
  let closed = false
  return {
    set(name, bytes) {
      room.give(counted.get(name) ?? 0)
      counted.delete(name)
      if (bytes === 0) return true
      if (closed || !room.take(bytes)) return false
      counted.set(name, bytes)
      return true
    },
    close() {
      closed = true
      for (const bytes of counted.values()) room.give(bytes)
      counted.clear()
    },
  }
}

/** Where nobody counts: a peer whose bytes are bounded by something else. */
export const BOUNDLESS: Room = { take: () => true, give: () => {} }
