import { useQuery } from '@tanstack/react-query'
import type { ContractError, Output } from '../../preload/contract/index.ts'
import { useApi } from '../api/context.ts'
import { useAct } from '../api/queries.ts'
import { Bones } from '../parts/bones.tsx'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { visible } from '../parts/format.ts'
import { Prose } from '../parts/prose.tsx'
import { Time } from '../parts/time.tsx'
import { Toggle } from '../parts/toggle.tsx'

type Known = Output<'updates:get'>

/** Whether there is a newer Warder. Nothing is looked for unless a person wants that. */
export function Updates() {
  const api = useApi()
  const known = useQuery<Known, ContractError>({
    queryKey: ['updates'],
    queryFn: () => api.call('updates:get', {}),
  })
  if (known.data === undefined)
    return known.error ? <ErrorNote error={known.error} /> : <Bones count={1} />
  const { place } = known.data
  if (place === null)
    return (
      <p>
        This build knows no place to look for updates.{' '}
        <span className="quiet">It was made without one.</span>
      </p>
    )
  return (
    <>
      {known.data.newer !== null && <Newer known={known.data} version={known.data.newer.version} />}
      <Daily on={known.data.daily} place={place} />
      <Look known={known.data} />
    </>
  )
}

function Newer({ known, version }: { known: Known; version: string }) {
  const open = useAct('updates:open')
  return (
    <div className="setting">
      <div>
        <p>Version {visible(version)} is out</p>
        <p className="quiet small">
          <Prose text={known.install} /> Calls that are under way when you end Warder for it end
          with an error.
        </p>
        <ErrorNote error={open.error} />
      </div>
      <Button kind="primary" busy={open.isPending} onClick={() => open.mutate({})}>
        Open its page
      </Button>
    </div>
  )
}

function Daily({ on, place }: { on: boolean; place: string }) {
  const set = useAct('updates:daily')
  return (
    <Toggle
      id="look-daily"
      words="Look for a newer version once a day"
      help={`Asks ${visible(place)} which version is the newest. Nothing is sent with the question, and nothing is downloaded.`}
      on={on}
      busy={set.isPending}
      error={set.error}
      onTurn={(turned) => set.mutate({ on: turned })}
    />
  )
}

function Look({ known }: { known: Known }) {
  const look = useAct('updates:look')
  const { lookedAt, newer, problem } = known
  return (
    <div className="setting">
      <div>
        <p role="status">
          {lookedAt === null ? 'Nobody has looked yet' : newer === null && 'This is the newest'}
          {lookedAt !== null && (
            <span className="quiet">
              {newer === null && ', '}as of <Time at={lookedAt} />
            </span>
          )}
        </p>
        {problem !== null && look.error === null && (
          <p className="quiet small">The last look failed: {visible(problem)}</p>
        )}
        <ErrorNote error={look.error} />
      </div>
      <Button busy={look.isPending} onClick={() => look.mutate({})}>
        Look now
      </Button>
    </div>
  )
}
