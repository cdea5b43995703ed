/**
 * A Map for what lasts as long as a call. V8 gives a Map a new table whenever many entries have come and gone; the old table
 * leads to the new one and keeps what it held. Once one of them is in the old generation, each scavenge takes all that
 * follow for used, with every call that they ever held: half of all calls grew old like that, and had to be collected at
 * length. So the tables here hold links, which are cut when their entry goes.
 */
export interface BriefMap<Key, Value extends object> {
  readonly size: number
  get(key: Key): Value | undefined
  has(key: Key): boolean
  set(key: Key, value: Value): void
  /** @returns false where it was not there */
  delete(key: Key): boolean
  clear(): void
  entries(): Iterable<[Key, Value]>
  values(): Iterable<Value>
}

export function createBriefMap<Key, Value extends object>(): BriefMap<Key, Value> {
  const links = new Map<Key, { value: Value | undefined }>()

  function* entries(): Iterable<[Key, Value]> {
    for (const [key, { value }] of links) if (value !== undefined) yield [key, value]
  }

  return {
    get size() {
      return links.size
    },
    get: (key) => links.get(key)?.value,
    has: (key) => links.has(key),
    set(key, value) {
      const known = links.get(key)
      if (known === undefined) links.set(key, { value })
      else known.value = value
    },
    delete(key) {
      const link = links.get(key)
      if (link !== undefined) link.value = undefined
      return links.delete(key)
    },
    clear() {
      for (const link of links.values()) link.value = undefined
      links.clear()
    },
    entries,
    *values() {
      for (const { value } of links.values()) if (value !== undefined) yield value
    },
  }
}
