import { isWarderError, traceOf } from '../errors.ts'

/** What has to be done at its time without anybody waiting for it: revocations, deletions. */
export interface Agenda {
  /** Begins what is due, and sets the timer for the rest. */
  begin(): void
  /** Sets the timer anew, after something was added or has ended. */
  schedule(): void
  /** Begins nothing any more. */
  close(): void
}

export interface AgendaOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** When the next item is due that is not under way; null where none is. */
  readonly next: () => number | null
  /** Begins everything that is due. */
  readonly begin: () => readonly Promise<unknown>[]
  /** @returns what takes it back */
  readonly after?: (ms: number, run: () => void) => () => void
  readonly report?: (error: unknown) => void
}

const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 6 * 3_600_000
/** The longest delay that a timer takes is 2³¹ − 1 ms; a day is often enough to look again. */
const LONGEST_TIMER_MS = 86_400_000

/** Until the next attempt, in milliseconds: twice as long each time. @param attempts before this one */
export const pauseAfter = (attempts: number) =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempts, 20), LONGEST_PAUSE_MS)

/**
 * An item that fails to begin, because the vault is locked or the disk is full, ends nothing else, not the process
 * either. As it may still be due, everything waits for a minute then.
 */
export function createAgenda(options: AgendaOptions): Agenda {
  const { clock, next, after = unheld, report = toStderr } = options
  let takeBack = () => {}
  let notBefore = 0
  let closed = false

  function begin(): void {
    for (const begun of options.begin()) begun.catch(failed)
    schedule()
  }

  function failed(error: unknown): void {
    // What waits for a person to unlock the vault says so where they look: in its receipt, and in the status.
    const isVault = isWarderError(error) && error.code.startsWith('vault.')
    if (!isVault) report(error)
    notBefore = clock() + FIRST_PAUSE_MS
    schedule()
  }

  function schedule(): void {
    takeBack()
    const due = closed ? null : next()
    if (due === null) return
    const wait = Math.max(due, notBefore) - clock()
    takeBack = after(Math.min(Math.max(0, wait), LONGEST_TIMER_MS), begin)
  }

  return {
    begin,
    schedule,
    close() {
      closed = true
      takeBack()
    },
  }
}

const toStderr = (error: unknown) => void process.stderr.write(`warder: ${traceOf(error)}\n`)

/** A process that has nothing else to do may end. */
function unheld(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}
