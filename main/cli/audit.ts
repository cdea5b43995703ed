import { InvalidArgumentError, Option } from 'commander'
import type { AuditRow, Input } from '../../preload/contract/index.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, localTime, type Segment, table } from './output.ts'

interface AuditOptions {
  readonly client?: string
  readonly server?: string
  readonly target?: string
  readonly decision?: 'allow' | 'deny'
  readonly since?: string
  readonly limit?: number
  readonly follow?: boolean
}

type Filters = Omit<Input<'audit:query'>, 'limit' | 'before' | 'after' | 'phase'>

export const addAudit: Verb = (program, action) => {
  program
    .command('audit')
    .option('--client <name>', 'calls of this client')
    .option('--server <name>', 'calls to this server')
    .option('--target <name>', 'calls of this tool, prompt or resource')
    .addOption(new Option('--decision <decision>', 'only these').choices(['allow', 'deny']))
    .option(
      '--since <when>',
      'an instant (2026-11-21T09:00:00Z) or an age (30m, 2h, 7d)',
      parseSince,
    )
    .option('--limit <rows>', 'newest rows, 1 to 1000', parseLimit, 100)
    .option('--follow', 'keep running and show rows as they are written')
    .summary('who called what, and what came of it')
    .description(
      'Shows the audit, oldest first: each call leaves an intent before it is sent and an outcome after it. With --json rows come as they are stored, newest first; with --follow one a line, as they are written.',
    )
    .addHelpText(
      'after',
      examples(
        'warder audit --server github --since 2h',
        'warder audit --decision deny',
        'warder audit --follow --json',
      ),
    )
    .action(action(audit))
}

async function audit(context: Context, options: AuditOptions): Promise<void> {
  const { limit = 100, follow, ...filters } = options
  if (follow) return followRows(context, filters, limit)
  const rows = await context.control.call('audit:query', { ...filters, limit })
  context.output.result(rows, auditLines)
}

/** Most rows that the companion gives at once. */
const PAGE = 1000

/**
 * Prints what is there, then what is appended. The companion tells us of new rows before we ask for the first ones, and
 * an event is only the sign to ask for what is newer than the last row: nothing is lost or shown twice, and the filters
 * are applied in one place, the companion.
 */
async function followRows(context: Context, filters: Filters, limit: number): Promise<never> {
  const { control, output } = context
  const signs = await control.listen('audit:appended')
  let last = 0
  const show = (rows: readonly AuditRow[]) => {
    for (const row of oldestFirst(rows)) {
      output.element(row, (one) => [followLine(one)])
      last = row.seq
    }
  }
  show(await control.call('audit:query', { ...filters, limit }))
  for (;;) {
    await signs.next()
    let rows: AuditRow[]
    do {
      rows = await control.call('audit:query', { ...filters, after: last, limit: PAGE })
      show(rows)
    } while (rows.length === PAGE)
  }
}

const oldestFirst = (rows: readonly AuditRow[]) => rows.toSorted((a, b) => a.seq - b.seq)

function auditLines(rows: readonly AuditRow[]): Line[] {
  if (rows.length === 0) return ['No call matches.']
  return table(
    ['SEQ', 'AT', 'CLIENT', 'SERVER', 'ACCOUNT', 'WHAT', 'OUTCOME', 'MS', 'RULE'],
    withoutAnsweredIntents(oldestFirst(rows)).map((row) => [
      String(row.seq),
      ...cells(row),
      row.latencyMs === null ? '-' : String(Math.round(row.latencyMs)),
      row.rule,
    ]),
  )
}

/** For a person a call is one line: its outcome says all that its intent said. */
function withoutAnsweredIntents(rows: readonly AuditRow[]): AuditRow[] {
  const answered = new Set(rows.filter((row) => row.phase === 'outcome').map((row) => row.call))
  return rows.filter((row) => row.phase === 'outcome' || !answered.has(row.call))
}

const followLine = (row: AuditRow): Line =>
  cells(row).flatMap((cell, index) => (index === 0 ? [cell] : ['  ', cell]))

function cells(row: AuditRow): Segment[] {
  return [
    localTime(row.at),
    row.client,
    row.server,
    row.account ?? '-',
    row.target === null ? row.method : `${row.method} ${row.target}`,
    outcomeCell(row),
  ]
}

function outcomeCell({ decision, outcome, code }: AuditRow): Segment {
  const text = [outcome ?? (decision === 'deny' ? 'denied' : 'sent'), code ?? ''].join(' ').trim()
  if (decision === 'deny') return { text, style: 'red' }
  if (outcome === 'ok') return { text, style: 'green' }
  return outcome === null ? { text, style: 'dim' } : { text, style: 'yellow' }
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** `2h` or an ISO 8601 instant, as the instant of the contract. */
function parseSince(value: string): string {
  const age = /^(\d{1,6})([smhdw])$/.exec(value)
  const at = age
    ? Date.now() - Number(age[1]) * unitMs[age[2] as keyof typeof unitMs]
    : /^\d{4}-\d\d-\d\d/.test(value)
      ? Date.parse(value)
      : Number.NaN
  const date = new Date(at)
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError(
      'Write an instant (2026-11-21T09:00:00Z) or an age (30m, 2h, 7d).',
    )
  return date.toISOString()
}

function parseLimit(value: string): number {
  const limit = /^\d+$/.test(value) ? Number(value) : 0
  if (limit < 1 || limit > PAGE) throw new InvalidArgumentError('Write a number from 1 to 1000.')
  return limit
}
