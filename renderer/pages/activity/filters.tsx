import type { AuditRow } from '../../../preload/contract/index.ts'
import type { AuditFilter } from '../../api/audit-rows.ts'
import { useListing } from '../../api/queries.ts'
import { Select } from '../../parts/select.tsx'

interface FiltersProps {
  filter: AuditFilter
  /** What is on the screen: it may name clients and servers that were removed since. */
  rows: readonly AuditRow[]
  onChange: (filter: AuditFilter) => void
}

export function Filters({ filter, rows, onChange }: FiltersProps) {
  const clients = useListing('clients:list').data ?? []
  const servers = useListing('servers:list').data ?? []
  const choose = <K extends keyof AuditFilter>(key: K, value: string) => {
    const { [key]: _, ...rest } = filter
    onChange(value === '' ? rest : { ...rest, [key]: value })
  }
  return (
    <search className="filters">
      <Select
        label="Client"
        value={filter.client}
        all="All clients"
        options={names(
          clients,
          rows.map((row) => row.client),
          filter.client,
        )}
        onChange={(value) => choose('client', value)}
      />
      <Select
        label="Server"
        value={filter.server}
        all="All servers"
        options={names(
          servers,
          rows.map((row) => row.server),
          filter.server,
        )}
        onChange={(value) => choose('server', value)}
      />
      <Select
        label="Decision"
        value={filter.decision}
        all="Allowed and denied"
        options={[
          ['allow', 'Allowed'],
          ['deny', 'Denied'],
        ]}
        onChange={(value) => choose('decision', value)}
      />
    </search>
  )
}

function names(
  known: { name: string }[],
  seen: string[],
  chosen: string | undefined,
): [string, string][] {
  const all = new Set([...known.map(({ name }) => name), ...seen, ...(chosen ? [chosen] : [])])
  return [...all].sort().map((name) => [name, name])
}
