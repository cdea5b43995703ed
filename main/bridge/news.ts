import type { ParkingTimer } from './timer.ts'

/**
 * A client that is told of a changed list asks for it. A server that says so all the time would keep it busy, so it is told
 * at once, and then once for all that came in the meantime.
 */
export interface News {
  /**
   * @param what one word for what is the same to the client
   * @param tell says it to the client, now or later
   */
  changed(what: string, tell: () => void): void
  /** The server is gone: what was not said yet concerns nobody. */
  forget(): void
}

export const QUIET_MS = 1_000

export const isNews = (method: string) =>
  /^notifications\/(?:tools|prompts|resources)\/list_changed$/.test(method)

export function createNews(timer: ParkingTimer): News {
  const quiet = new Map<string, { tell: (() => void) | null; stop: () => void }>()

  function say(what: string, tell: () => void): void {
    const stop = timer.after(QUIET_MS, () => {
      const later = quiet.get(what)?.tell ?? null
      quiet.delete(what)
      if (later !== null) say(what, later)
    })
    quiet.set(what, { tell: null, stop })
    tell()
  }

  return {
    changed(what, tell) {
      const before = quiet.get(what)
      if (before === undefined) say(what, tell)
      else before.tell = tell
    },
    forget() {
      for (const { stop } of quiet.values()) stop()
      quiet.clear()
    },
  }
}
