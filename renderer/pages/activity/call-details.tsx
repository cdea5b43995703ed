import { useQuery } from '@tanstack/react-query'
import type { AuditRow, ContractError } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { Drawer } from '../../parts/drawer.tsx'
import { Facts } from '../../parts/facts.tsx'
import { bytes, duration, visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'
import { nameOf } from './call.ts'
import { CallStateBadge } from './call-state.tsx'

const proofs: Record<AuditRow['proof'], string> = {
  'same-user': 'its socket, which any program of this user may use',
  bearer: 'its own token',
  none: 'nothing',
}

/** Everything that was recorded of one call. */
export function CallDetails({ row, onClose }: { row: AuditRow; onClose: () => void }) {
  const api = useApi()
  const { call, seq, phase } = row
  const both = useQuery<AuditRow[], ContractError>({
    queryKey: ['call', call, phase],
    queryFn: () => api.call('audit:query', { call, before: seq + 1, limit: 2 }),
  })
  const intent = both.data?.find((one) => one.phase === 'intent') ?? null
  const outcome = phase === 'outcome' ? row : null
  return (
    <Drawer
      label="Details of the call"
      title={visible(nameOf(row))}
      of={call}
      from={() => document.querySelector<HTMLElement>(`[data-call="${CSS.escape(call)}"]`)}
      onClose={onClose}
    >
      <CallStateBadge row={row} />
      <h3>Asked</h3>
      <Facts facts={asked(intent ?? row, intent !== null || outcome === null)} />
      <h3>Answered</h3>
      {outcome ? <Facts facts={answered(outcome)} /> : <p className="quiet">Nothing yet.</p>}
    </Drawer>
  )
}

/** @param whole the row is the intent itself: an outcome tells its own instant and size */
const asked = (row: AuditRow, whole: boolean) => ({
  ...(whole ? { When: <Time at={row.at} /> } : {}),
  Client: visible(row.client),
  'Known by': proofs[row.proof],
  User: visible(row.user),
  Server: visible(row.server),
  ...(row.account === null ? {} : { Account: visible(row.account) }),
  Method: <code>{visible(row.method)}</code>,
  Decision: row.decision === 'allow' ? 'Allowed' : 'Denied',
  'Decided by': visible(row.rule),
  Arguments: row.argumentKeys.length === 0 ? 'none' : row.argumentKeys.map(visible).join(', '),
  ...(whole ? { Size: bytes(row.bytes) } : {}),
  ...(row.session === null ? {} : { Session: <code>{visible(row.session)}</code> }),
})

const answered = (row: AuditRow) => ({
  When: <Time at={row.at} />,
  ...(row.account === null ? {} : { 'As the account': visible(row.account) }),
  ...(row.latencyMs === null ? {} : { Took: duration(row.latencyMs) }),
  Size: bytes(row.bytes),
  'Secrets masked': row.masked,
  ...(row.code === null ? {} : { Code: <code>{visible(row.code)}</code> }),
})
