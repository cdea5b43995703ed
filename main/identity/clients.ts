import { hash, randomBytes as systemRandomBytes } from 'node:crypto'
import { WarderError } from '../errors.ts'
import type { State } from '../store/state.ts'

export interface Client {
  readonly name: string
  readonly addedAt: number
  readonly lastSeenAt: number | null
}

/** The clients a person let in. A bearer is shown once, when it is made; only its SHA-256 is kept. */
export interface Clients {
  list(): Client[]
  has(name: string): boolean
  /** @returns the bearer for the token door: `wdr_` and 256 random bits @throws WarderError `client.exists` */
  add(name: string): string
  /** The bearer and the socket are void when this returns. @throws WarderError `client.unknown` */
  remove(name: string): void
  /** A bearer in the place of the old one, which is void. @throws WarderError `client.unknown` */
  renew(name: string): string
  /** No bearer is good any more when this returns; the clients stay. @returns their names */
  voidBearers(): string[]
  /** @param digest of its bearer, by {@link digestOf} @returns the client whose it is, or null */
  byDigest(digest: string): string | null
  seen(name: string): void
}

export function createClients(options: {
  state: State
  clock: () => number
  randomBytes?: (size: number) => Buffer
}): Clients {
  const { state, clock, randomBytes = systemRandomBytes } = options
  const all = state.prepare('SELECT name, added_at, last_seen_at FROM clients ORDER BY name')
  const one = state.prepare('SELECT 1 FROM clients WHERE name = ?')
  const insert = state.prepare(
    'INSERT INTO clients (name, bearer_sha256, added_at) VALUES (?, ?, ?)',
  )
  const remove = state.prepare('DELETE FROM clients WHERE name = ?')
  const touch = state.prepare('UPDATE clients SET last_seen_at = ? WHERE name = ?')
  const exchange = state.prepare('UPDATE clients SET bearer_sha256 = ? WHERE name = ?')
  const voidAll = state.prepare("UPDATE clients SET bearer_sha256 = x''")
  const hashes = state.prepare(
    "SELECT name, bearer_sha256 AS hash FROM clients WHERE bearer_sha256 <> x''",
  )
  /** Digest → client, for every request at the token door. Read anew after each change; nobody else writes the table. */
  let bearers: ReadonlyMap<string, string> | null = null

  function change<T>(work: () => T): T {
    try {
      return state.transaction(work)
    } finally {
      bearers = null
    }
  }

  function readBearers(): ReadonlyMap<string, string> {
    return new Map(
      hashes.all().map(({ name, hash }) => [hex(hash as Uint8Array), String(name)] as const),
    )
  }

  return {
    list: () =>
      all.all().map((row) => ({
        name: String(row.name),
        addedAt: Number(row.added_at),
        lastSeenAt: row.last_seen_at === null ? null : Number(row.last_seen_at),
      })),
    has: (name) => one.get(name) !== undefined,
    add(name) {
      if (one.get(name) !== undefined)
        throw new WarderError('client.exists', `There is a client ${name} already.`)
      const bearer = `wdr_${randomBytes(32).toString('base64url')}`
      change(() => insert.run(name, sha256(bearer), clock()))
      return bearer
    },
    remove(name) {
      const { changes } = change(() => remove.run(name))
      if (changes === 0) throw new WarderError('client.unknown', `There is no client ${name}.`)
    },
    renew(name) {
      const bearer = `wdr_${randomBytes(32).toString('base64url')}`
      const { changes } = change(() => exchange.run(sha256(bearer), name))
      if (changes === 0) throw new WarderError('client.unknown', `There is no client ${name}.`)
      return bearer
    },
    voidBearers() {
      // No SHA-256 is empty.
      change(() => voidAll.run())
      return all.all().map((row) => String(row.name))
    },
    // Looking up by hash takes the same time whatever part of a guess is right.
    byDigest(digest) {
      bearers ??= readBearers()
      return bearers.get(digest) ?? null
    },
    seen: (name) => void touch.run(clock(), name),
  }
}

/** What is kept of a bearer: its SHA-256 in hexadecimal digits. */
export const digestOf = (bearer: string): string => hash('sha256', bearer)

const sha256 = (text: string) => hash('sha256', text, 'buffer')
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
