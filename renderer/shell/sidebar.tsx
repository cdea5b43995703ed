import { useStatus } from '../api/queries.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { shortcut } from './palette-key.ts'
import { hrefOf, type Page, pages, titles } from './route.ts'
import { VaultLine } from './vault-line.tsx'

export function Sidebar({ current, onSearch }: { current: Page; onSearch: () => void }) {
  const { data: status } = useStatus()
  const waiting: Partial<Record<Page, number>> = {
    servers: status?.signInNeeded.length ?? 0,
    approvals: status?.approvals ?? 0,
  }
  return (
    <aside className="sidebar">
      <div className="sidebar-head">
        <p className="brand">
          <Icon name="warder" />
          <span className="label">Warder</span>
        </p>
        <button type="button" className="search-button" onClick={onSearch}>
          <Icon name="search" />
          <span className="label">Search or do</span>
          <span className="kbd" aria-hidden="true">
            {shortcut}
          </span>
        </button>
      </div>
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
