import type { ReactNode } from 'react'
import type { StopView } from '../../preload/contract/index.ts'
import { Badge } from '../parts/badge.tsx'
import { visible } from '../parts/format.ts'
import { Note } from '../parts/note.tsx'
import { Prose } from '../parts/prose.tsx'
import { Time } from '../parts/time.tsx'
import { receiptStates } from './receipt.tsx'
import { Signature } from './signature.tsx'

/** The record of one stop: what ended with it, and what is left for a person to do. */
export function StopRecordCard({ record }: { record: StopView }) {
  const { grants, clients, children, secrets, failures } = record
  return (
    <li className="card" aria-label="Everything was stopped">
      <div className="card-head">
        <h2>Everything was stopped</h2>
        {record.resumedAt === null ? (
          <Badge tone="denied">In force</Badge>
        ) : (
          <Badge tone="info">
            Resumed <Time at={record.resumedAt} />
          </Badge>
        )}
      </div>
      <p className="quiet">
        <Time at={record.at} />
        {record.localMs === null
          ? ', cut short on this computer'
          : `, on this computer within ${record.localMs} ms`}
      </p>
      <dl className="ended">
        <Ended what="Accounts">
          {grants.map(({ account, receipt, state, remains }) => (
            <li key={receipt}>
              <span className="ended-name">{visible(account)}</span>
              <Badge tone={receiptStates[state][0]}>{receiptStates[state][1]}</Badge>
              {remains !== null && <p className="quiet">{visible(remains)}</p>}
            </li>
          ))}
        </Ended>
        <Ended what="Clients">
          {clients.map(({ name, sessionsCut }) => (
            <li key={name}>
              <span className="ended-name">{visible(name)}</span>
              <span className="quiet">bearer void, {sessions(sessionsCut)}</span>
            </li>
          ))}
        </Ended>
        <Ended what="Local servers">
          {children.map(({ server, pid, ended }) => (
            <li key={pid}>
              <span className="ended-name">{visible(server)}</span>
              <Badge tone={ended ? 'good' : 'warn'}>
                {ended ? `ended (${pid})` : `not seen to end (${pid})`}
              </Badge>
            </li>
          ))}
        </Ended>
        <Ended what="Secrets to change where they were issued">
          {secrets.map(({ name, server }) => (
            <li key={name}>
              <span className="ended-name">{visible(name)}</span>
              <span className="quiet">
                {server === null ? 'bound to no server' : `for ${server}`}
              </span>
            </li>
          ))}
        </Ended>
      </dl>
      {failures.length > 0 && (
        <Note tone="bad" title="Not done">
          <Prose text={failures.join(' ')} />
        </Note>
      )}
      <Signature of={record} />
    </li>
  )
}

function Ended({ what, children }: { what: string; children: ReactNode[] }) {
  if (children.length === 0) return null
  return (
    <div>
      <dt>{what}</dt>
      <dd>
        <ul>{children}</ul>
      </dd>
    </div>
  )
}

const sessions = (cut: number) =>
  cut === 0 ? 'no session was open' : `${cut} ${cut === 1 ? 'session' : 'sessions'} cut`
