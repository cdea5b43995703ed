import { useCallback, useMemo, useState } from 'react'
import type { AuditRow } from '../../preload/contract/index.ts'
import type { CallFilter } from '../api/call-window.ts'
import { useStatus } from '../api/queries.ts'
import { type Calls, useCalls } from '../api/use-calls.ts'
import { Badge } from '../parts/badge.tsx'
import { Bones } from '../parts/bones.tsx'
import { Button } from '../parts/button.tsx'
import { Choice } from '../parts/choice.tsx'
import { Empty } from '../parts/empty.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { number } from '../parts/format.ts'
import { PageHead } from '../parts/page-head.tsx'
import { useRoute } from '../shell/route.ts'
import { SaveButton } from '../shell/save-button.tsx'
import { CallDetails } from './activity/call-details.tsx'
import { CallList } from './activity/call-list.tsx'
import { Charts } from './activity/charts.tsx'
import { Filters } from './activity/filters.tsx'
import { Held } from './activity/held.tsx'
import { Jump } from './activity/jump.tsx'
import { StoryList } from './activity/story-list.tsx'

const views = [
  { value: 'calls', words: 'Calls', icon: 'activity' },
  { value: 'stories', words: 'Stories', icon: 'story' },
  { value: 'charts', words: 'Charts', icon: 'overview' },
] as const

export function Activity() {
  const { about } = useRoute()
  const [filter, setFilter] = useState<CallFilter>(() => filterFrom(about))
  const [view, setView] = useState<(typeof views)[number]['value']>('calls')
  const [selected, setSelected] = useState<AuditRow>()
  const calls = useCalls(filter)
  const rows = calls.window
  // What was under way when it was chosen may have ended since.
  const shown = useMemo(
    () => selected && (rows?.done.find(({ call }) => call === selected.call) ?? selected),
    [rows?.done, selected],
  )
  const close = useCallback(() => setSelected(undefined), [])
  return (
    <>
      <PageHead title="Activity" about="Every call your agents made, newest on top.">
        <SaveButton input={{ what: 'audit', filter }}>Export</SaveButton>
      </PageHead>
      <div className="activity-head">
        <Choice label="View" value={view} options={views} onChange={setView} />
        {view === 'calls' && <Jump onJump={calls.jump} />}
        <Standing calls={calls} past={filter.until !== undefined} />
      </div>
      {view === 'charts' ? (
        <Charts />
      ) : (
        <>
          <Filters filter={filter} onChange={setFilter} />
          <Listed calls={calls} filtered={Object.keys(filter).length > 0}>
            {view === 'calls' ? (
              <>
                <CallList
                  key={calls.beginning}
                  calls={calls}
                  selected={shown?.call}
                  onSelect={setSelected}
                />
                {rows && <Held window={rows} />}
              </>
            ) : (
              <StoryList calls={calls} onSelect={setSelected} />
            )}
          </Listed>
        </>
      )}
      {shown && <CallDetails row={shown} onClose={close} />}
    </>
  )
}

/** Whether what is shown is what happens now, and the way back to it. */
function Standing({ calls: { window, restart }, past }: { calls: Calls; past: boolean }) {
  const { isError } = useStatus()
  if (isError) return <Badge tone="warn">Not live</Badge>
  if (past) return <Badge tone="info">The past</Badge>
  if (window === undefined || window.atNewest) return <Badge tone="good">Live</Badge>
  return (
    <Button onClick={restart}>
      {window.missed === 0 ? 'Back to now' : `Back to now: ${number(window.missed)} new`}
    </Button>
  )
}

interface ListedProps {
  calls: Calls
  filtered: boolean
  children: React.ReactNode
}

function Listed({ calls: { window, error, restart }, filtered, children }: ListedProps) {
  if (window === undefined)
    return error ? <ErrorNote error={error} onRetry={restart} /> : <Bones kind="row" count={12} />
  if (window.done.length + window.running.length > 0)
    return (
      <>
        <ErrorNote error={error} />
        {children}
      </>
    )
  if (filtered)
    return (
      <Empty icon="activity" title="No call matches">
        Take a filter away to see more.
      </Empty>
    )
  return (
    <Empty icon="activity" title="No calls yet">
      As soon as a client uses a server through Warder, it shows here.
    </Empty>
  )
}

/** What a link asks for: `server=notes`, `client=cursor`. */
function filterFrom(about: string | undefined): CallFilter {
  const [, key, value] = /^(client|server)=(.+)$/.exec(about ?? '') ?? []
  return key === undefined ? {} : { [key]: value }
}
