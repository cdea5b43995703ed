import type { StatusView } from '../../preload/contract/index.ts'
import { useStatus } from '../api/queries.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { Facts } from '../parts/facts.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Time } from '../parts/time.tsx'
import { placeOf } from '../shell/vault-line.tsx'
import { Needs } from './needs.tsx'
import { Stop } from './stop.tsx'

export function Overview() {
  const status = useStatus()
  return (
    <>
      <PageHead title="Overview" about="Your agents get the tools. Warder keeps the keys." />
      {status.data === undefined ? (
        <ErrorNote error={status.error} onRetry={() => void status.refetch()} />
      ) : (
        <>
          <Needs status={status.data} />
          <Now status={status.data} />
          {status.data.stopped === null && <Stop />}
        </>
      )}
    </>
  )
}

function Now({ status }: { status: StatusView }) {
  return (
    <section className="card">
      <h2>Right now</h2>
      <Facts
        facts={{
          Servers: status.servers,
          'Signed-in accounts': status.accounts,
          'Keys are kept in': placeOf(status.vault),
          'Clients reach Warder at': <code>{status.http}</code>,
          'Running for': status.user,
          Started: <Time at={status.startedAt} />,
          Files: <code>{status.home}</code>,
          Version: `${status.version} (${status.shell})`,
        }}
      />
    </section>
  )
}
