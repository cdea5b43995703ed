import { useState } from 'react'
import type { SummaryView } from '../../../preload/contract/index.ts'
import { useSummary } from '../../api/summary.ts'
import { Bars, Legend } from '../../parts/bars.tsx'
import { Bones } from '../../parts/bones.tsx'
import { Choice } from '../../parts/choice.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { duration, visible } from '../../parts/format.ts'
import { barsOf, callsByClient, clientsOf } from './buckets.ts'

const spans = {
  day: { hours: 24, minutes: 60 },
  week: { hours: 168, minutes: 360 },
} as const

/** Calls by client, what was refused or failed, and how long it took. */
export function Charts() {
  const [span, setSpan] = useState<keyof typeof spans>('day')
  const summary = useSummary(spans[span])
  return (
    <section className="card charts" aria-label="Charts">
      <div className="section-head">
        <h2>{span === 'day' ? 'The last 24 hours' : 'The last 7 days'}</h2>
        <Choice
          label="How far back"
          value={span}
          options={[
            { value: 'day', words: '24 hours' },
            { value: 'week', words: '7 days' },
          ]}
          onChange={setSpan}
        />
      </div>
      <ErrorNote error={summary.error} />
      {summary.data === undefined ? (
        !summary.error && <Bones kind="chart" count={1} />
      ) : (
        <Drawn summary={summary.data} />
      )}
    </section>
  )
}

type Bucket = SummaryView['buckets'][number]

function Drawn({ summary }: { summary: SummaryView }) {
  const now = Date.now()
  const clients = clientsOf(summary).map(visible)
  const per = summary.step === 3_600_000 ? 'hour' : `${summary.step / 3_600_000} hours`
  return (
    <>
      {!summary.whole && (
        <p className="quiet small">
          The audit is long: the oldest calls of this time are not counted.
        </p>
      )}
      <div className="chart-row">
        <div>
          <h3>Calls per {per}</h3>
          <Bars
            title={`Calls per ${per} by client`}
            series={clients}
            bars={barsOf(summary, now, callsByClient).bars}
          />
          <Legend series={clients} />
        </div>
        <div>
          <h3>Refused and failed</h3>
          <Bars
            title={`Calls refused and failed per ${per}`}
            series={['Refused', 'Failed']}
            bars={barsOf(summary, now, trouble).bars}
            palette="trouble"
          />
          <Legend series={['Refused', 'Failed']} palette="trouble" />
        </div>
        <div>
          <h3>Time to answer, on average</h3>
          <Bars
            title={`Average time to answer per ${per}`}
            series={['Average']}
            bars={barsOf(summary, now, latency).bars}
            write={duration}
          />
        </div>
      </div>
    </>
  )
}

const trouble = (buckets: readonly Bucket[]) => [
  buckets.reduce((sum, { refused }) => sum + refused, 0),
  buckets.reduce((sum, { failed }) => sum + failed, 0),
]

function latency(buckets: readonly Bucket[]) {
  const timed = buckets.filter(({ meanMs }) => meanMs !== null)
  const calls = timed.reduce((sum, bucket) => sum + bucket.calls, 0)
  const total = timed.reduce((sum, bucket) => sum + (bucket.meanMs ?? 0) * bucket.calls, 0)
  return [calls === 0 ? 0 : total / calls]
}
