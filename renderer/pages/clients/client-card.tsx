import type { ClientView } from '../../../preload/contract/index.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { ClientAccounts } from './client-accounts.tsx'
import { ContextMeter } from './context-meter.tsx'

export function ClientCard({ client }: { client: ClientView }) {
  const { begin } = useDoing()
  return (
    <li className="card" aria-label={client.name}>
      <div className="card-head">
        <h2>{client.name}</h2>
        {client.state === 'active' ? (
          <Badge tone="good">Active</Badge>
        ) : (
          <Badge tone="held">Waits for approval</Badge>
        )}
        <Button
          kind="danger"
          label={`Remove ${client.name}`}
          onClick={() => begin({ what: 'remove-client', client: client.name })}
        >
          Remove
        </Button>
      </div>
      <p className="quiet">
        {client.lastSeenAt === null ? (
          'Never seen'
        ) : (
          <>
            Last seen <Time at={client.lastSeenAt} />
          </>
        )}
        {client.addedAt && (
          <>
            , added <Time at={client.addedAt} />
          </>
        )}
      </p>
      {client.socket && (
        <p className="where">
          <span className="quiet">Socket</span>
          <code>{client.socket}</code>
        </p>
      )}
      <ContextMeter client={client.name} />
      <ClientAccounts client={client} />
    </li>
  )
}
