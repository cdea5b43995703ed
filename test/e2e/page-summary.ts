import type { AuditRow, Output } from '../../preload/contract/index.ts'

/** What the companion's own counting makes of these rows. */
export function summaryOf(
  rows: readonly AuditRow[],
  { hours, minutes }: { hours: number; minutes: number },
): Output<'audit:summary'> {
  const step = minutes * 60_000
  const stretch = (time: number) => Math.floor(time / step) * step
  const since = stretch(Date.now() - hours * 3_600_000)
  const counted = rows.filter(({ phase, at }) => phase === 'outcome' && Date.parse(at) >= since)
  const groups = Map.groupBy(counted, ({ at, client }) => `${stretch(Date.parse(at))} ${client}`)
  const buckets = [...groups].map(([key, group]) => {
    const [at = '', client = ''] = key.split(' ')
    const latencies = group.flatMap(({ latencyMs }) => latencyMs ?? [])
    return {
      at: new Date(Number(at)).toISOString(),
      client,
      calls: group.length,
      refused: group.filter(({ outcome }) => outcome === 'denied').length,
      failed: group.filter(({ outcome }) => ['error', 'tool-error', 'lost'].includes(outcome ?? ''))
        .length,
      meanMs:
        latencies.length === 0
          ? null
          : latencies.reduce((sum, one) => sum + one, 0) / latencies.length,
      slowestMs: latencies.length === 0 ? null : Math.max(...latencies),
    }
  })
  return { since: new Date(since).toISOString(), step, whole: true, buckets }
}
