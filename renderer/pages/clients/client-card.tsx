import { useState } from 'react'
import type { ClientView } from '../../../preload/contract/index.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Time } from '../../parts/time.tsx'
import { ClientAccounts } from './client-accounts.tsx'
import { RemoveClientDialog } from './remove-client-dialog.tsx'

export function ClientCard({ client }: { client: ClientView }) {
  const [removing, setRemoving] = useState(false)
  return (
    <li className="card" aria-label={client.name}>
      <div className="card-head">
        <h2>{client.name}</h2>
        {client.state === 'active' ? (
          <Badge tone="good">Active</Badge>
        ) : (
          <Badge tone="held">Waits for approval</Badge>
        )}
        <Button kind="danger" label={`Remove ${client.name}`} onClick={() => setRemoving(true)}>
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
      <ClientAccounts client={client} />
      {removing && <RemoveClientDialog name={client.name} onClose={() => setRemoving(false)} />}
    </li>
  )
}
