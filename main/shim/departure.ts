import { codeOf } from './failure.ts'
import { membersOf, rawOf } from './message.ts'

/**
 * Notices that the client has ended although another process holds its pipes open: then no stream ends, and only the process
 * that started us tells. That one may have been a launcher whose client lives on, so a client that has opened a session is
 * asked with `ping`, which each revision of sessions wants answered promptly. One without sessions cannot be asked.
 */
export interface Departure {
  /** Takes note of what the client says. @returns true for what was said to us alone */
  heard(line: Buffer): boolean
  /** Asks the client where that is needed. */
  look(): Presence
  /** False as long as the last look, which may be some time ago, found nothing wrong. */
  readonly suspected: boolean
  stop(): void
}

/**
 * `here`: the process that started us lives, or the client has said something since its end. `asked`: the client is waited for.
 * `gone`: it has been silent since that end, and there is no way to ask.
 */
export type Presence = 'here' | 'asked' | 'gone'

export interface DepartureOptions {
  readonly every: Every
  readonly parent: Parent
  /** The client has a session, and so it answers. */
  readonly canAsk: () => boolean
  readonly toClient: (text: string) => void
  /** False while the client is not read: its answer could not come through. */
  readonly isRead: () => boolean
  /** A client that was asked has said something. */
  readonly onAlive: () => void
  /** A client that was asked has said nothing. */
  readonly onGone: () => void
}

/** Calls back every so many milliseconds, and keeps no process alive by that. @returns what ends it */
export type Every = (act: () => void, ms: number) => () => void

/** The process that started us. */
export interface Parent {
  readonly id: () => number
  /** @param id that it had once */
  readonly hasEnded: (id: number) => boolean
}

/** To wake twice a minute for one question to the kernel is not to be measured. */
const lookEveryMs = 30_000
/** More than one: a computer that slept makes the first come late, and no client could have answered meanwhile. */
const looksToAnswer = 2

export function watchDeparture(options: DepartureOptions): Departure {
  const { every, parent, canAsk, toClient, isRead, onAlive, onGone } = options
  let startedBy: number | null = null
  let suspected = false
  /** The client has spoken since the end of its parent, which tells nothing of it any more. */
  let outlived = false
  /** The id of a `ping` without an answer. */
  let asked: string | null = null
  let looks = 0
  let counter = 0

  function look(): Presence {
    if (suspected) return asked === null ? 'gone' : 'asked'
    if (startedBy === null || !parent.hasEnded(startedBy)) return 'here'
    // One that talks and leaves a `ping` unanswered would not answer the next one.
    if (canAsk() ? asked !== null : outlived) return 'here'
    suspected = true
    if (!canAsk()) return 'gone'
    asked = JSON.stringify(`warder-shim-${process.pid}-here-${++counter}`)
    looks = 0
    toClient(`{"jsonrpc":"2.0","id":${asked},"method":"ping"}`)
    return 'asked'
  }

  function lookAgain(): void {
    const waited = suspected && asked !== null
    look()
    if (waited && isRead() && ++looks >= looksToAnswer) onGone()
  }

  return {
    heard(line) {
      // Not before its first word: what started us may be meant to end at once.
      startedBy ??= parent.id()
      const mine = asked !== null && isAnswerTo(line, asked)
      if (mine) asked = null
      if (suspected) {
        suspected = false
        outlived = true
        onAlive()
      }
      return mine
    },
    look,
    get suspected() {
      return suspected
    },
    stop: every(lookAgain, lookEveryMs),
  }
}

function isAnswerTo(line: Buffer, request: string): boolean {
  const members = membersOf(line)
  const id = members?.get('id')
  return id !== undefined && !members?.has('method') && rawOf(line, id) === request
}

/** On Windows a process keeps the parent that it had, so that one is looked for; its id may be another process's by then. */
export function parentOf(
  self: { readonly ppid: number },
  platform: NodeJS.Platform = process.platform,
  kill: (id: number, signal: 0) => unknown = process.kill,
): Parent {
  const isThere = (id: number) => {
    try {
      kill(id, 0)
      return true
    } catch (error) {
      return codeOf(error) !== 'ESRCH'
    }
  }
  const hasEnded =
    platform === 'win32' ? (id: number) => !isThere(id) : (id: number) => self.ppid !== id
  return { id: () => self.ppid, hasEnded }
}

export const unheld: Every = (act, ms) => {
  const timer = setInterval(act, ms).unref()
  return () => clearInterval(timer)
}
