/**
 * The secret values that this process holds, so that answers, errors and logs can be searched for exactly these bytes
 * (exact match, no guessing). A value is added the moment it is obtained. It stays when it is revoked or renewed, since a
 * token that was is still nobody's business, until {@link KEPT} newer ones of the same kind have come: a companion that
 * renews hourly for months would search for ever more of them, and a token lives no longer than a few of its successors.
 */
export interface KnownSecrets {
  /**
   * @param label how the mask names it, e.g. `secret:notes-key`; never the value
   * @param kind what its newer values are told by, where the label does not say it: whatever may live beside another of
   *   that label is of a kind of its own
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
  const known = new Map<string, { readonly label: string; kind: string }>()
  /** The values of each kind, the newest last. */
  const kinds = new Map<string, Set<string>>()
  let version = 0

  /** Used again, a value is as new as any of its kind; told by another kind, it is of that one from now on. */
  function makeNewest(value: string, kind: string): Set<string> {
    const before = known.get(value)
    if (before !== undefined) {
      kinds.get(before.kind)?.delete(value)
      before.kind = kind
    }
    const own = kinds.get(kind) ?? new Set()
    kinds.set(kind, own)
    own.add(value)
    return own
  }

  return {
    add(label, value, kind = label) {
      if (value.length < SHORTEST) return
      const own = makeNewest(value, kind)
      const [oldest] = own
      if (own.size > KEPT && oldest !== undefined) {
        own.delete(oldest)
        known.delete(oldest)
        version++
      }
      if (known.has(value)) return
      known.set(value, { label, kind })
      version++
    },
    *entries() {
      for (const [value, { label }] of known) yield { label, value }
    },
    get version() {
      return version
    },
  }
}
