import { useStatus } from '../api/queries.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { hrefOf, type Page, pages } from './route.ts'
import { VaultLine } from './vault-line.tsx'

export const titles: Record<Page, string> = {
  overview: 'Overview',
  servers: 'Servers',
  activity: 'Activity',
  clients: 'Clients',
  approvals: 'Approvals',
  receipts: 'Receipts',
}

export function Sidebar({ current }: { current: Page }) {
  const { data: status } = useStatus()
  const waiting: Partial<Record<Page, number>> = {
    servers: status?.signInNeeded.length ?? 0,
    approvals: status?.approvals ?? 0,
  }
  return (
    <aside className="sidebar">
      <p className="brand">
        <Icon name="warder" />
        Warder
      </p>
      <nav aria-label="Pages">
        <ul>
          {pages.map((page) => (
            <li key={page}>
              <a href={hrefOf(page)} aria-current={page === current ? 'page' : undefined}>
                <Icon name={page satisfies IconName} />
                <span className="label">{titles[page]}</span>
                <Waiting count={waiting[page] ?? 0} />
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {status && <VaultLine vault={status.vault} />}
    </aside>
  )
}

function Waiting({ count }: { count: number }) {
  if (count === 0) return null
  return (
    <span className="count">
      {count}
      <span className="unseen"> waiting for you</span>
    </span>
  )
}
