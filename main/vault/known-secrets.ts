/**
 * Every secret value that this process holds, so that answers, errors and logs can be searched for exactly these bytes
 * (exact match, no guessing). A value is added the moment it is obtained and stays until the process ends: a revoked
 * token is still nobody's business.
 */
export interface KnownSecrets {
  /** @param label how the mask names it, e.g. `secret:notes-key`; never the value */
  add(label: string, value: string): void
  entries(): Iterable<{ readonly label: string; readonly value: string }>
  /** Grows with each added value, so that derived forms can be cached. */
  readonly version: number
}

/** Shorter values would mask ordinary words and numbers; they are too short to be credentials. */
const SHORTEST = 8

export function createKnownSecrets(): KnownSecrets {
  const values = new Map<string, string>()
  let version = 0
  return {
    add(label, value) {
      if (value.length < SHORTEST || values.has(value)) return
      values.set(value, label)
      version++
    },
    *entries() {
      for (const [value, label] of values) yield { label, value }
    },
    get version() {
      return version
    },
  }
}
