import type { AuditRow } from '../../../preload/contract/index.ts'
import type { Calls } from '../../api/use-calls.ts'
import { Button } from '../../parts/button.tsx'
import { duration, number, visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'
import { nameOf, stateOf } from './call.ts'
import { CallStateBadge } from './call-state.tsx'
import { type Story, storiesOf } from './stories.ts'

/** Calls of one story that are told one by one. */
const TOLD = 200

/** What each client did, in order. */
export function StoryList({
  calls,
  onSelect,
}: {
  calls: Calls
  onSelect: (row: AuditRow) => void
}) {
  const { window, older, loading } = calls
  const done = window?.done ?? []
  const stories = storiesOf(done)
  return (
    <>
      <p className="quiet small">
        Told from {number(done.length)} calls. One story is one session of a client, or what it did
        without a pause of ten minutes.
      </p>
      <ul className="cards stories">
        {stories.map((story) => (
          <StoryCard key={story.id} story={story} onSelect={onSelect} />
        ))}
      </ul>
      {window && !window.atOldest && (
        <div className="end">
          <Button busy={loading} onClick={older}>
            Tell older ones
          </Button>
        </div>
      )}
    </>
  )
}

function StoryCard({ story, onSelect }: { story: Story; onSelect: (row: AuditRow) => void }) {
  const { client, deeds, servers, refused, failed, changed, from, to } = story
  const took = Date.parse(to) - Date.parse(from)
  return (
    <li className="card" aria-label={`Story of ${visible(client)}`}>
      <div className="card-head">
        <h2>{visible(client)}</h2>
        <span className="quiet small">
          <Time at={to} />
        </span>
      </div>
      <p>
        {deeds.length === 1 ? '1 call' : `${number(deeds.length)} calls`} to{' '}
        {servers.map(visible).join(', ')}
        {took >= 1_000 && ` within ${duration(took)}`}
        {refused > 0 && `, ${number(refused)} refused`}
        {failed > 0 && `, ${number(failed)} failed`}.
      </p>
      {changed.length > 0 && (
        <p className="changed">
          By their names these changed something:{' '}
          {changed.map(({ name, count }) => (
            <span key={name}>
              <code>{visible(name)}</code>
              {count > 1 && ` × ${number(count)}`}{' '}
            </span>
          ))}
        </p>
      )}
      <details className="elsewhere">
        <summary>Told in order</summary>
        <ol className="told">
          {deeds.slice(0, TOLD).map((row) => (
            <li key={row.seq}>
              <button type="button" data-call={row.call} onClick={() => onSelect(row)}>
                <span className="clip">
                  {visible(nameOf(row))} <span className="quiet">at {visible(row.server)}</span>
                </span>
                {stateOf(row) !== 'ok' && <CallStateBadge row={row} />}
              </button>
            </li>
          ))}
        </ol>
        {deeds.length > TOLD && (
          <p className="quiet small">And {number(deeds.length - TOLD)} more: see the calls.</p>
        )}
      </details>
    </li>
  )
}
