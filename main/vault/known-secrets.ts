/**
 * The secret values that this process holds, so that answers, errors and logs can be searched for exactly these bytes
 * (exact match, no guessing). A value is added the moment it is obtained. It stays when it is revoked or renewed, since a
 * token that was is still nobody's business, until {@link KEPT} newer ones of the same kind have come: a companion that
 * renews hourly for months would search for ever more of them, and a token lives no longer than a few of its successors.
 */
export interface KnownSecrets {
  /**
   * @param label how the mask names it, e.g. `secret:notes-key`; never the value
   * @param kind what its newer values are told by, where the label does not say it
   */
  add(label: string, value: string, kind?: string): void
  entries(): Iterable<{ readonly label: string; readonly value: string }>
  /** Grows with each change, so that derived forms can be cached. */
  readonly version: number
}

/** Shorter values would mask ordinary words and numbers; they are too short to be credentials. */
const SHORTEST = 8
/** Of one kind. */
const KEPT = 8

export function createKnownSecrets(): KnownSecrets {
  const labels = new Map<string, string>()
  /** The values of each kind, the newest last. */
  const kinds = new Map<string, Set<string>>()
  let version = 0
  return {
    add(label, value, kind = label) {
      if (value.length < SHORTEST) return
      const known = labels.has(value)
      const own = kinds.get(kind)
      if (known && !own?.has(value)) return
      if (own === undefined) kinds.set(kind, new Set([value]))
      // Used again, it is as new as any.
      else {
        own.delete(value)
        own.add(value)
      }
      if (known) return
      labels.set(value, label)
      const [oldest] = own ?? []
      if (own !== undefined && own.size > KEPT && oldest !== undefined) {
        own.delete(oldest)
        labels.delete(oldest)
      }
      version++
    },
    *entries() {
      for (const [value, label] of labels) yield { label, value }
    },
    get version() {
      return version
    },
  }
}
