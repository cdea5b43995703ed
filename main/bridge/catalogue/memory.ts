import { createHash } from 'node:crypto'
import type { State } from '../../store/state.ts'

/**
 * What servers last said of themselves, on disk: openings and whole lists, masked, not yet filtered for anybody. A row
 * belongs to one definition of its server, to whoever it was told to (accounts and their scopes, secrets by the instant
 * they were set) and to how the client had opened: a cache is private, and never shared across authorization contexts
 * (MCP 2026-07-28, server/utilities/caching).
 */
export interface Memory {
  get(subject: Subject, method: string): Remembered | null
  /** What a server said last, to whomever: for the person's eyes, never for a client. */
  newest(server: string, method: string): Remembered | null
  /** @returns true where something else was remembered before */
  put(subject: Subject, method: string, content: string): boolean
  forgetServer(server: string): void
  forgetAccount(server: string, account: string): void
  clear(): void
}

/** Whose words, to whom. */
export interface Subject {
  readonly server: string
  /** The definition as JSON text. */
  readonly definition: string
  readonly context: Context
  /** What decides how the server answers this client: its revision and its abilities. */
  readonly opening: string
}

/** Names only, never a value. */
export interface Context {
  readonly accounts: readonly {
    readonly server: string
    readonly account: string
    readonly kind: string
    readonly scopes: readonly string[]
  }[]
  readonly secrets: readonly { readonly name: string; readonly setAt: number }[]
}

export interface Remembered {
  readonly content: string
  readonly heardAt: number
}

const MOST_ROWS = 1_000
const MOST_BYTES = 32 * 1024 * 1024
/** One answer; the lists of large servers have some hundred kilobytes. */
const MOST_OF_ONE = 1024 * 1024
/** What was heard again unchanged is not written again before this. */
const SAME_FOR_MS = 60 * 60_000

export function createMemory(options: { state: State; clock: () => number }): Memory {
  const { state, clock } = options
  const where = 'server = ? AND definition = ? AND context = ? AND opening = ? AND method = ?'
  const read = state.prepare(`SELECT content, heard_at FROM catalogue WHERE ${where}`)
  const write = state.prepare(
    `INSERT OR REPLACE INTO catalogue (server, definition, context, opening, method, heard_at, bytes, content)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const remove = state.prepare(`DELETE FROM catalogue WHERE ${where}`)
  const outdate = state.prepare('DELETE FROM catalogue WHERE server = ? AND definition <> ?')
  const forget = state.prepare('DELETE FROM catalogue WHERE server = ?')
  const all = state.prepare(
    'SELECT rowid AS id, context, bytes FROM catalogue ORDER BY heard_at DESC',
  )
  const latest = state.prepare(
    'SELECT content, heard_at FROM catalogue WHERE server = ? AND method = ? ORDER BY heard_at DESC LIMIT 1',
  )
  const total = state.prepare('SELECT count(*) AS n, sum(bytes) AS size FROM catalogue')
  const removeRow = state.prepare('DELETE FROM catalogue WHERE rowid = ?')

  function evict(): void {
    const { n, size } = total.get() ?? {}
    if (Number(n) <= MOST_ROWS && Number(size) <= MOST_BYTES) return
    let rows = 0
    let sum = 0
    for (const { id, bytes } of all.all()) {
      rows++
      sum += Number(bytes)
      if (rows > MOST_ROWS || sum > MOST_BYTES) removeRow.run(Number(id))
    }
  }

  return {
    get: (subject, method) => remembered(read.get(...keyOf(subject), method)),
    newest: (server, method) => remembered(latest.get(server, method)),
    put(subject, method, content) {
      const key = keyOf(subject)
      const before = read.get(...key, method)
      const now = clock()
      const same = before !== undefined && before.content === content
      if (same && now - Number(before.heard_at) < SAME_FOR_MS) return false
      state.transaction(() => {
        outdate.run(subject.server, key[1])
        // One that grew too large is not to be told as it was.
        const bytes = Buffer.byteLength(content)
        if (bytes > MOST_OF_ONE) remove.run(...key, method)
        else write.run(...key, method, now, bytes, content)
        evict()
      })
      return before !== undefined && !same
    },
    forgetServer: (server) => state.transaction(() => void forget.run(server)),
    forgetAccount(server, account) {
      state.transaction(() => {
        for (const { id, context } of all.all()) {
          const { accounts } = JSON.parse(String(context)) as Context
          if (accounts.some((one) => one.server === server && one.account === account))
            removeRow.run(Number(id))
        }
      })
    },
    clear: () => state.transaction(() => void state.prepare('DELETE FROM catalogue').run()),
  }
}

const remembered = (row: Record<string, unknown> | undefined): Remembered | null =>
  row === undefined ? null : { content: String(row.content), heardAt: Number(row.heard_at) }

function keyOf({ server, definition, context, opening }: Subject) {
  return [server, digest(definition), JSON.stringify(context), digest(opening)] as const
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')
