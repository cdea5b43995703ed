import { describe, expect, it } from 'vitest'
import type { AuditRow, Parsed } from '../../preload/contract/index.ts'
import { startStandIn } from './stand-in.ts'
import { auditSample } from './views.ts'
import { document, startWarder, warder } from './warder.ts'

/** Rows as the companion gives them: newest first, or oldest first where `after` is given. */
function query(rows: readonly AuditRow[]) {
  return ({ after, client, limit }: Parsed<'audit:query'>) => {
    const found = rows.filter(
      (row) => row.seq > (after ?? 0) && (client === undefined || row.client === client),
    )
    return (after === undefined ? found.toReversed() : found).slice(0, limit)
  }
}

const range = (from: number, to: number, changes: Partial<AuditRow> = {}) =>
  Array.from({ length: to - from + 1 }, (_, index) =>
    auditSample({ seq: from + index, call: `call-${from + index}`, ...changes }),
  )

describe('audit', () => {
  it('passes its filters on', async () => {
    await using companion = await startStandIn({ 'audit:query': () => [] })
    const before = Date.now()
    const filters = [
      '--client',
      'cursor',
      '--server',
      'linear',
      '--target',
      'create_issue',
      '--decision',
      'deny',
    ]
    const done = await warder([
      'audit',
      ...filters,
      '--since',
      '2h',
      '--limit',
      '7',
      '--home',
      companion.home,
    ])
    const after = Date.now()
    expect(done).toEqual({ code: 0, stdout: 'No call matches.\n', stderr: '' })
    const [call] = companion.calls
    const { since, ...rest } = (call?.input ?? {}) as Partial<Parsed<'audit:query'>>
    expect(rest).toEqual({
      client: 'cursor',
      server: 'linear',
      target: 'create_issue',
      decision: 'deny',
      limit: 7,
    })
    const age = 2 * 3_600_000
    expect(Date.parse(since ?? '')).toBeGreaterThanOrEqual(before - age)
    expect(Date.parse(since ?? '')).toBeLessThanOrEqual(after - age)
  })

  it('takes an instant of any time zone', async () => {
    await using companion = await startStandIn({ 'audit:query': () => [] })
    await warder(['audit', '--since', '2026-11-21T10:00:00+01:00', '--home', companion.home])
    expect(companion.calls[0]?.input).toEqual({ since: '2026-11-21T09:00:00.000Z', limit: 100 })
  })

  it.each([['yesterday'], ['5'], ['2026-13-01'], ['2y'], ['-2h']])(
    'does not guess at %s',
    async (since) => {
      const failed = await warder(['audit', `--since=${since}`, '--home', '/nonexistent'])
      expect(failed.code).toBe(2)
    },
  )

  it('is the rows as they are stored for a script, and one line a call for a person', async () => {
    const rows = [
      auditSample({ seq: 1, phase: 'intent', outcome: null, latencyMs: null }),
      auditSample({ seq: 2 }),
      auditSample({ seq: 3, call: 'call-2', phase: 'intent', outcome: null, latencyMs: null }),
      auditSample({
        seq: 4,
        call: 'call-3',
        decision: 'deny',
        outcome: 'denied',
        code: 'policy.denied',
      }),
    ]
    await using companion = await startStandIn({ 'audit:query': query(rows) })
    const json = await warder(['audit', '--json', '--home', companion.home])
    expect(document(json)).toEqual(rows.toReversed())
    const text = await warder(['audit', '--home', companion.home])
    const lines = text.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s{2,}/))
    expect(lines.map((cells) => [cells[0], cells[6]])).toEqual([
      ['SEQ', 'OUTCOME'],
      ['2', 'ok'],
      ['3', 'sent'],
      ['4', 'denied policy.denied'],
    ])
  })
})

describe('audit --follow', () => {
  it('prints every row once, one document a line, however they arrive', async () => {
    const rows = range(1, 3)
    await using companion = await startStandIn({
      'audit:query': (input) => {
        const found = query(rows)(input)
        // Written while the first rows are on their way: the event comes before their answer.
        if (input.after === undefined) append(range(4, 5))
        return found
      },
    })
    const append = (more: AuditRow[]) => {
      rows.push(...more)
      companion.emit('audit:appended', more.slice(0, 1))
    }
    const args = ['audit', '--follow', '--json', '--limit', '2', '--home', companion.home]
    const running = startWarder(args)
    await running.seen('stdout', /"seq":5,/)
    // More than one page at once.
    append(range(6, 2400))
    await running.seen('stdout', /"seq":2400,.*\n$/)
    companion.end()
    const ended = await running.finished
    const lines = ended.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const last = lines.pop()
    expect(lines).toEqual(rows.slice(1))
    expect(last).toEqual({
      error: { code: 'companion.unreachable', message: 'The companion ended.' },
    })
    expect(ended.code).toBe(69)
  })

  it('leaves filtering to the companion', async () => {
    const rows: AuditRow[] = []
    await using companion = await startStandIn({ 'audit:query': query(rows) })
    const running = startWarder(['audit', '--follow', '--client', 'zed', '--home', companion.home])
    await companion.listener()
    const more = [...range(1, 5), ...range(6, 6, { client: 'zed' })]
    rows.push(...more)
    companion.emit('audit:appended', more)
    await running.seen('stdout', /\n$/)
    companion.end()
    const { stdout, stderr } = await running.finished
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(stdout).toContain('zed')
    expect(stderr).toContain('(companion.unreachable)')
  })
})
