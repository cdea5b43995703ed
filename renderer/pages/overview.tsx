import { useListing, useStatus } from '../api/queries.ts'
import { Bones } from '../parts/bones.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Needs } from './needs.tsx'
import { Connections } from './overview/connections.tsx'
import { FirstRun } from './overview/first-run.tsx'
import { LastHour } from './overview/last-hour.tsx'
import { Stop } from './stop.tsx'

/** Is everything connected, who is using what right now, and how do I stop it. */
export function Overview() {
  const status = useStatus()
  const servers = useListing('servers:list')
  const clients = useListing('clients:list')
  const first = servers.data?.length === 0 || clients.data?.length === 0
  return (
    <>
      <PageHead title="Overview" about="Your agents get the tools. Warder keeps the keys." />
      {status.data === undefined ? (
        status.error ? (
          <ErrorNote error={status.error} onRetry={() => void status.refetch()} />
        ) : (
          <Bones />
        )
      ) : (
        <>
          <Needs status={status.data} quiet={first} />
          {first && (
            <FirstRun
              status={status.data}
              servers={servers.data ?? []}
              clients={clients.data ?? []}
            />
          )}
          <div className="overview">
            <Connections />
            <div className="overview-side">
              <LastHour />
              {status.data.stopped === null && <Stop />}
            </div>
          </div>
        </>
      )}
    </>
  )
}
