import { useMemo, useState } from 'react'
import { useAudit } from '../api/audit.ts'
import type { AuditFilter } from '../api/audit-rows.ts'
import { toCalls } from '../api/calls.ts'
import { useStatus } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Badge } from '../parts/badge.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { CallDetails } from './activity/call-details.tsx'
import { CallList } from './activity/call-list.tsx'
import { Filters } from './activity/filters.tsx'
import { Older } from './activity/older.tsx'

export function Activity() {
  const [filter, setFilter] = useState<AuditFilter>({})
  const [selected, setSelected] = useState<string>()
  const { isError } = useStatus()
  const { rows, older } = useAudit(filter)
  const calls = useMemo(() => toCalls(rows.data ?? []), [rows.data])
  const open = calls.find((call) => call.id === selected)
  return (
    <>
      <PageHead title="Activity" about="Every call your agents made, newest on top.">
        <Badge tone={isError ? 'warn' : 'good'}>{isError ? 'Not live' : 'Live'}</Badge>
      </PageHead>
      <Filters filter={filter} rows={rows.data ?? []} onChange={setFilter} />
      <Answer query={rows} empty={<NoCalls filtered={Object.keys(filter).length > 0} />}>
        {() => (
          <>
            <CallList calls={calls} selected={open?.id} onSelect={setSelected} />
            <Older older={older} />
          </>
        )}
      </Answer>
      {open && <CallDetails call={open} onClose={() => setSelected(undefined)} />}
    </>
  )
}

function NoCalls({ filtered }: { filtered: boolean }) {
  if (filtered)
    return (
      <Empty icon="activity" title="No call matches">
        Choose fewer filters to see more.
      </Empty>
    )
  return (
    <Empty icon="activity" title="No calls yet">
      As soon as a client uses a server through Warder, it shows here.
    </Empty>
  )
}
