import { closeSync, fdatasync, openSync } from 'node:fs'

/** Brings a file to disk on another thread, so that nobody waits for it, at most once in {@link SYNC_WAITS}. */
export interface SyncSoon {
  /** Something was written that is not on disk yet. */
  written(): void
  /** The disk did not take it, once: it cannot be relied on to take the rest. */
  failed(): boolean
  close(): void
}

export interface SyncSoonSeams {
  readonly sync?: (descriptor: number, done: (error: Error | null) => void) => void
  /** Milliseconds. @returns what takes it back */
  readonly after?: (ms: number, run: () => void) => () => void
}

/** Milliseconds. */
export const SYNC_WAITS = 50

/** SQLite's locks are on the database itself, so closing this second descriptor of its log takes none of them away. */
export function syncSoon(
  file: string,
  { sync = fdatasync, after = systemAfter }: SyncSoonSeams,
): SyncSoon {
  let descriptor: number | undefined
  let waiting: (() => void) | undefined
  let underWay = false
  let failed = false
  let closed = false

  function start(): void {
    waiting = undefined
    try {
      descriptor ??= openSync(file, 'r+')
      underWay = true
      sync(descriptor, ended)
    } catch {
      failed = true
    }
  }

  /** The descriptor is closed under nobody's hands: another file may have its number by then. */
  function ended(error: Error | null): void {
    underWay = false
    if (error !== null) failed = true
    if (closed) release()
  }

  function release(): void {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }

  return {
    written() {
      waiting ??= after(SYNC_WAITS, start)
    },
    failed: () => failed,
    close() {
      closed = true
      waiting?.()
      waiting = undefined
      if (!underWay) release()
    },
  }
}

function systemAfter(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms).unref()
  return () => clearTimeout(timer)
}
