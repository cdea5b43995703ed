import type { ClientView } from '../../../preload/contract/index.ts'
import { Badge } from '../../parts/badge.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Time } from '../../parts/time.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { goTo } from '../../shell/route.ts'
import { ClientAccounts } from './client-accounts.tsx'
import { ContextMeter } from './context-meter.tsx'

export function ClientCard({ client }: { client: ClientView }) {
  const { begin } = useDoing()
  const { name } = client
  const active = client.state === 'active'
  return (
    <li className="card" aria-label={name}>
      <div className="card-head">
        <span className="tile" data-tone={active ? 'good' : 'held'}>
          <Icon name="clients" />
        </span>
        <div className="card-title">
          <h2>{name}</h2>
          <p className="quiet small">
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
        </div>
        {active ? <Badge tone="good">Active</Badge> : <Badge tone="held">Waits for approval</Badge>}
        <div className="card-tools">
          <Menu
            label={`More for ${name}`}
            items={[
              {
                label: 'Its calls',
                icon: 'activity',
                run: () => goTo('activity', `client=${name}`),
              },
              {
                label: 'A new token',
                icon: 'key',
                run: () => begin({ what: 'renew-client', client: name }),
              },
              {
                label: 'Remove',
                icon: 'remove',
                danger: true,
                run: () => begin({ what: 'remove-client', client: name }),
              },
            ]}
          />
        </div>
      </div>
      {client.socket && (
        <p className="where">
          <span className="quiet">Socket</span>
          <code>{client.socket}</code>
        </p>
      )}
      <ContextMeter client={name} />
      <ClientAccounts client={client} />
    </li>
  )
}
