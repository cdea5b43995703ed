import type { SummaryView } from '../../../preload/contract/index.ts'
import type { Bar } from '../../parts/bars.tsx'

type Bucket = SummaryView['buckets'][number]

/** What a chart of calls needs: the clients, busiest first, and a bar for every stretch, quiet ones too. */
export function barsOf(
  summary: SummaryView,
  now: number,
  valuesOf: (buckets: readonly Bucket[], clients: readonly string[]) => number[],
): { clients: string[]; bars: Bar[] } {
  const clients = clientsOf(summary)
  const since = Date.parse(summary.since)
  const stretches = Math.max(1, Math.floor((now - since) / summary.step) + 1)
  const byTime = Map.groupBy(summary.buckets, ({ at }) => Date.parse(at))
  const bars = Array.from({ length: stretches }, (_, index) => {
    const at = since + index * summary.step
    return { label: labelOf(at, summary.step), values: valuesOf(byTime.get(at) ?? [], clients) }
  })
  return { clients, bars }
}

export function clientsOf(summary: SummaryView): string[] {
  const calls = new Map<string, number>()
  for (const { client, calls: count } of summary.buckets)
    calls.set(client, (calls.get(client) ?? 0) + count)
  return [...calls].sort((a, b) => b[1] - a[1]).map(([client]) => client)
}

/** Calls of each client. */
export const callsByClient = (buckets: readonly Bucket[], clients: readonly string[]) =>
  clients.map((name) => sum(buckets.filter(({ client }) => client === name)))

export const sum = (buckets: readonly Bucket[]) =>
  buckets.reduce((total, { calls }) => total + calls, 0)

const DAY = 24 * 3_600_000
const time = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hour12: false })
const day = new Intl.DateTimeFormat('en', { weekday: 'short', hour: '2-digit', hour12: false })

const labelOf = (at: number, step: number) => (step >= DAY / 8 ? day.format(at) : time.format(at))
