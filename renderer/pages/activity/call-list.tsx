import { memo } from 'react'
import type { Call } from '../../api/calls.ts'
import { duration } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'
import { CallStateBadge } from './call-state.tsx'

interface CallListProps {
  calls: readonly Call[]
  selected: string | undefined
  onSelect: (id: string) => void
}

/** Rows outside the view are skipped by the browser (`content-visibility`), so thousands cost what a screenful does. */
export function CallList({ calls, selected, onSelect }: CallListProps) {
  return (
    <ol className="calls" aria-label="Calls">
      {calls.map((call) => (
        <CallRow key={call.id} call={call} open={call.id === selected} onSelect={onSelect} />
      ))}
    </ol>
  )
}

interface CallRowProps {
  call: Call
  open: boolean
  onSelect: (id: string) => void
}

const CallRow = memo(function CallRow({ call, open, onSelect }: CallRowProps) {
  const { first, outcome } = call
  return (
    <li>
      <button
        type="button"
        className="call"
        data-call={call.id}
        aria-expanded={open}
        onClick={() => onSelect(call.id)}
      >
        <span className="call-time">
          <Time at={first.at} />
        </span>
        <span className="call-target">{first.target ?? first.method}</span>
        <span className="call-path">
          {first.client} <span className="quiet">to</span> {first.server}
        </span>
        <CallStateBadge call={call} />
        <span className="call-latency">
          {outcome?.latencyMs === null || outcome === undefined ? '' : duration(outcome.latencyMs)}
        </span>
      </button>
    </li>
  )
}, isSame)

/** Calls are put together anew with each row that arrives; a row is drawn again only when its own did. */
function isSame(before: CallRowProps, after: CallRowProps): boolean {
  return (
    before.open === after.open &&
    before.onSelect === after.onSelect &&
    before.call.first === after.call.first &&
    before.call.outcome === after.call.outcome
  )
}
