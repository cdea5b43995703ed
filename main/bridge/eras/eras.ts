import type { Era } from './revisions.ts'

/** Which era each endpoint was seen to have, for as long as the process lives (MCP 2026-07-28, basic/versioning). */
export interface Eras {
  of(url: string): Era | undefined
  remember(url: string, era: Era): void
  forget(url: string): void
}

/** Endpoints come from the configuration; those that are gone from it are few. */
export function createEras(): Eras {
  const known = new Map<string, Era>()
  return {
    of: (url) => known.get(url),
    remember: (url, era) => void known.set(url, era),
    forget: (url) => void known.delete(url),
  }
}
