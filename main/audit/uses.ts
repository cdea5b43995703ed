import type { State } from '../store/state.ts'
import type { ByName } from './by-name.ts'

/** Finished calls of one client that used an account. */
interface Use {
  readonly client: string
  readonly calls: number
  /** Milliseconds since the epoch. */
  readonly lastAt: number
  readonly last: string
}

export interface Uses {
  /** The latest first. */
  readonly clients: readonly Use[]
  /** False where the server has more rows than are looked at: the oldest are not counted. */
  readonly whole: boolean
}

/**
 * Rows of a server that are looked at for one account: it runs in the thread that calls pass through. Where those of others
 * stand between them, up to a stretch of the log is read for each: some 50 ms then, 10 ms otherwise.
 */
const MOST_ROWS = 10_000

/**
 * Who used an account. Calls that were refused used nothing.
 *
 * @param since milliseconds since the epoch: what an earlier account of that name did is not its own
 */
export function usesOf(
  state: State,
  byName: ByName,
  of: { server: string; account: string; since: number },
  most = MOST_ROWS,
): Uses {
  const found = byName.from(of)
  const rows =
    found === null
      ? 'FROM audit WHERE audit.server = ? ORDER BY audit.seq DESC'
      : `FROM ${found.tables} WHERE ${found.condition} ORDER BY ${found.order('DESC')}`
  const beyond = state.prepare(`SELECT audit.at ${rows} LIMIT 1 OFFSET ?`).get(of.server, most)
  const clients = state
    .prepare(`SELECT client, count(*) AS calls, max(at) AS last_at, coalesce(target, method) AS last
      FROM (SELECT audit.* ${rows} LIMIT ?)
      WHERE account = ? AND at >= ? AND phase = 'outcome' AND outcome <> 'denied'
      GROUP BY client ORDER BY last_at DESC, client`)
    .all(of.server, most, of.account, of.since)
    .map((row) => ({
      client: String(row.client),
      calls: Number(row.calls),
      lastAt: Number(row.last_at),
      last: String(row.last),
    }))
  return { clients, whole: beyond === undefined || Number(beyond.at) < of.since }
}
