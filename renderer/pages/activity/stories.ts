import type { AuditRow } from '../../../preload/contract/index.ts'
import { isDeed, nameOf } from './call.ts'

/** What one client did in one go. */
export interface Story {
  id: string
  client: string
  /** Oldest first: what it did, without openings and lists. */
  deeds: AuditRow[]
  servers: string[]
  refused: number
  failed: number
  /** Deeds whose names say that they change something, by name. */
  changed: { name: string; count: number }[]
  from: string
  to: string
}

/** Milliseconds of silence that end a run of a client without sessions. */
const PAUSE = 10 * 60_000

const changes =
  /(?:^|[_./-])(?:create|add|write|update|edit|delete|remove|send|post|put|move|rename|upload|insert|set|publish|merge|close|comment|append|push)/i

/** @param rows finished calls, newest first @returns newest first */
export function storiesOf(rows: readonly AuditRow[]): Story[] {
  const open = new Map<string, AuditRow[]>()
  const runs: AuditRow[][] = []
  for (const row of rows.toReversed()) {
    if (!isDeed(row)) continue
    const key = `${row.client} ${row.session ?? ''}`
    const run = open.get(key)
    const last = run?.at(-1)
    const goesOn =
      last !== undefined &&
      (row.session !== null || Date.parse(row.at) - Date.parse(last.at) < PAUSE)
    if (run !== undefined && goesOn) {
      run.push(row)
      continue
    }
    const begun = [row]
    open.set(key, begun)
    runs.push(begun)
  }
  return runs.map(storyOf).sort((a, b) => b.to.localeCompare(a.to))
}

function storyOf(deeds: AuditRow[]): Story {
  const [first] = deeds
  const last = deeds.at(-1)
  const wrote = deeds.filter(
    (row) => row.method === 'tools/call' && row.outcome === 'ok' && changes.test(nameOf(row)),
  )
  const named = Map.groupBy(wrote, nameOf)
  const count = (...outcomes: AuditRow['outcome'][]) =>
    deeds.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    id: `${first?.client} ${first?.seq}`,
    client: first?.client ?? '',
    deeds,
    servers: [...new Set(deeds.map(({ server }) => server))],
    refused: count('denied'),
    failed: count('error', 'tool-error', 'lost'),
    changed: [...named].map(([name, { length }]) => ({ name, count: length })),
    from: first?.at ?? '',
    to: last?.at ?? '',
  }
}
