import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { AuditRow } from '../../../preload/contract/index.ts'
import { bareEnvironment, endProcess } from '../../harness/processes.ts'
import { cli, type Warder } from '../../harness/warder.ts'

/** `warder audit --follow`: the rows as they are written, to wait for what happens inside the companion. */
export interface AuditFollower extends AsyncDisposable {
  readonly rows: readonly AuditRow[]
  /** Resolves with the rows that match, as soon as there are so many. */
  until(matches: (row: AuditRow) => boolean, count?: number): Promise<readonly AuditRow[]>
}

export function followAudit({ home }: Pick<Warder, 'home'>): AuditFollower {
  const child = spawn(process.execPath, [cli, 'audit', '--follow', '--json', '--home', home], {
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const rows: AuditRow[] = []
  let more = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    rows.push(JSON.parse(line))
    more.resolve()
    more = Promise.withResolvers()
  })
  return {
    rows,
    async until(matches, count = 1) {
      let found = rows.filter(matches)
      while (found.length < count) {
        await more.promise
        found = rows.filter(matches)
      }
      return found
    },
    [Symbol.asyncDispose]: () => endProcess(child),
  }
}

export const auditRows = (warder: Warder) => warder.ok<AuditRow[]>(['audit', '--limit', '1000'])

/** The outcome row of the newest call of this tool. @throws Error where there is none */
export async function outcomeOf(warder: Warder, tool: string): Promise<AuditRow> {
  const rows = await auditRows(warder)
  const row = rows.find(({ target, phase }) => target === tool && phase === 'outcome')
  if (row === undefined) throw new Error(`No call of ${tool} has an outcome.`)
  return row
}
