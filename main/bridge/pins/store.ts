import type { State } from '../../store/state.ts'
import type { Fault } from '../tool-lines.ts'

/** What is known of one tool of one server, without its texts. */
export interface Pin {
  readonly server: string
  readonly tool: string
  /** Fingerprints of what may be listed, the last one at the end; empty where nothing of it ever was. */
  readonly approved: readonly string[]
  /** Milliseconds since the epoch. */
  readonly approvedAt: number | null
  /** A person has approved it; else it was pinned as the first list had it. */
  readonly byPerson: boolean
  /** What a person should see of it although it is in use; empty where nothing is, or somebody has. */
  readonly notes: readonly string[]
  readonly notedAt: number | null
  /** What the server says now where that is not approved: its fingerprint. */
  readonly held: string | null
  readonly heldAt: number | null
  readonly faults: readonly Fault[]
  /** A person was asked about what is held, and said no. */
  readonly denied: boolean
  /** UTF-16 units of both texts. */
  readonly size: number
}

/** The definitions themselves, in canonical JSON and masked. */
export interface PinTexts {
  readonly content: string | null
  readonly heldContent: string | null
}

export interface PinnedServer {
  readonly begunAt: number
  /** Its first list has ended. */
  readonly whole: boolean
}

/** Pins on disk. Writing belongs into a transaction of the caller. */
export interface PinStore {
  all(): Pin[]
  servers(): Map<string, PinnedServer>
  texts(server: string, tool: string): PinTexts
  put(pin: Pin, texts: PinTexts): void
  putServer(server: string, state: PinnedServer): void
  forget(server: string): void
  transaction<T>(work: () => T): T
}

export function createPinStore(state: State): PinStore {
  const write = state.prepare(
    `INSERT OR REPLACE INTO tool_pins (server, tool, approved, content, approved_at, by_person, notes, noted_at, held,
    held_content, held_at, faults, denied) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const readTexts = state.prepare(
    'SELECT content, held_content FROM tool_pins WHERE server = ? AND tool = ?',
  )
  const writeServer = state.prepare(
    'INSERT OR REPLACE INTO pinned_servers (server, begun_at, whole) VALUES (?, ?, ?)',
  )
  const removals = ['tool_pins', 'pinned_servers'].map((table) =>
    state.prepare(`DELETE FROM ${table} WHERE server = ?`),
  )
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value))
  const number = (value: unknown) => (value === null ? null : Number(value))

  return {
    all: () =>
      state
        .prepare(`SELECT server, tool, approved, approved_at, by_person, notes, noted_at, held, held_at, faults, denied,
          coalesce(length(content), 0) + coalesce(length(held_content), 0) AS size FROM tool_pins`)
        .all()
        .map((row) => ({
          server: String(row.server),
          tool: String(row.tool),
          approved: JSON.parse(String(row.approved)) as string[],
          approvedAt: number(row.approved_at),
          byPerson: row.by_person === 1,
          notes: JSON.parse(String(row.notes)) as string[],
          notedAt: number(row.noted_at),
          held: text(row.held),
          heldAt: number(row.held_at),
          faults: JSON.parse(String(row.faults)) as Fault[],
          denied: row.denied === 1,
          size: Number(row.size),
        })),
    servers: () =>
      new Map(
        state
          .prepare('SELECT server, begun_at, whole FROM pinned_servers')
          .all()
          .map((row) => [
            String(row.server),
            { begunAt: Number(row.begun_at), whole: row.whole === 1 },
          ]),
      ),
    texts(server, tool) {
      const row = readTexts.get(server, tool)
      return { content: text(row?.content), heldContent: text(row?.held_content) }
    },
    put(pin, { content, heldContent }) {
      write.run(
        pin.server,
        pin.tool,
        JSON.stringify(pin.approved),
        content,
        pin.approvedAt,
        pin.byPerson ? 1 : 0,
        JSON.stringify(pin.notes),
        pin.notedAt,
        pin.held,
        heldContent,
        pin.heldAt,
        JSON.stringify(pin.faults),
        pin.denied ? 1 : 0,
      )
    },
    putServer: (server, { begunAt, whole }) => void writeServer.run(server, begunAt, whole ? 1 : 0),
    forget(server) {
      for (const removal of removals) removal.run(server)
    },
    transaction: (work) => state.transaction(work),
  }
}
