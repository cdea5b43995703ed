import { useSummary } from '../../api/summary.ts'
import { Bars } from '../../parts/bars.tsx'
import { Bones } from '../../parts/bones.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { number, visible } from '../../parts/format.ts'
import { hrefOf } from '../../shell/route.ts'
import { barsOf, callsByClient, sum } from '../activity/buckets.ts'

/** Calls of the last hour by client, in stretches of five minutes. */
export function LastHour() {
  const summary = useSummary({ hours: 1, minutes: 5 })
  return (
    <section className="card" aria-label="The last hour">
      <div className="section-head">
        <h2>The last hour</h2>
        <a className="link" href={hrefOf('activity')}>
          All activity
        </a>
      </div>
      <ErrorNote error={summary.error} />
      {summary.data === undefined ? (
        !summary.error && <Bones kind="chart" count={1} />
      ) : (
        <Shown
          {...barsOf(summary.data, Date.now(), callsByClient)}
          buckets={summary.data.buckets}
        />
      )}
    </section>
  )
}

type Shown = ReturnType<typeof barsOf> & {
  buckets: Parameters<typeof sum>[0]
}

function Shown({ clients, bars, buckets }: Shown) {
  const refused = buckets.reduce((total, bucket) => total + bucket.refused, 0)
  return (
    <>
      <p className="big-number">
        {number(sum(buckets))} <span>{sum(buckets) === 1 ? 'call' : 'calls'}</span>
        {refused > 0 && <span className="refused">{number(refused)} refused</span>}
      </p>
      <Bars
        title="Calls of the last hour by client"
        series={clients.map(visible)}
        bars={bars}
        height={110}
      />
      {clients.length === 0 ? (
        <p className="quiet small no-calls">No client has called anything.</p>
      ) : (
        <ul className="legend">
          {clients.map((client, at) => (
            <li key={client} data-series={at % 6}>
              {visible(client)}
              <span className="quiet">
                {number(sum(buckets.filter((bucket) => bucket.client === client)))}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
