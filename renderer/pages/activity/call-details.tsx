import { useEffect, useRef } from 'react'
import type { AuditRow } from '../../../preload/contract/index.ts'
import type { Call } from '../../api/calls.ts'
import { Button } from '../../parts/button.tsx'
import { Facts } from '../../parts/facts.tsx'
import { bytes, duration } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Time } from '../../parts/time.tsx'
import { CallStateBadge } from './call-state.tsx'

const proofs: Record<AuditRow['proof'], string> = {
  'same-user': 'its socket, which any program of this user may use',
  bearer: 'its own token',
  none: 'nothing',
}

/** Everything that was recorded of one call. Escape closes it and gives the focus back to the call. */
export function CallDetails({ call, onClose }: { call: Call; onClose: () => void }) {
  const panel = useRef<HTMLElement>(null)
  useEffect(() => {
    panel.current?.focus()
    return () =>
      document.querySelector<HTMLElement>(`[data-call="${CSS.escape(call.id)}"]`)?.focus()
  }, [call.id])
  const { first, outcome } = call
  return (
    <aside
      ref={panel}
      className="drawer"
      tabIndex={-1}
      aria-label="Details of the call"
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <div className="drawer-head">
        <h2>{first.target ?? first.method}</h2>
        <Button kind="quiet" label="Close" onClick={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      <CallStateBadge call={call} />
      <h3>Asked</h3>
      <Facts facts={asked(first)} />
      <h3>Answered</h3>
      {outcome ? <Facts facts={answered(outcome)} /> : <p className="quiet">Nothing yet.</p>}
    </aside>
  )
}

const asked = (row: AuditRow) => ({
  When: <Time at={row.at} />,
  Client: row.client,
  'Known by': proofs[row.proof],
  User: row.user,
  Server: row.server,
  ...(row.account === null ? {} : { Account: row.account }),
  Method: <code>{row.method}</code>,
  Decision: row.decision === 'allow' ? 'Allowed' : 'Denied',
  'Decided by': row.rule,
  Arguments: row.argumentKeys.length === 0 ? 'none' : row.argumentKeys.join(', '),
  Size: bytes(row.bytes),
  ...(row.code === null ? {} : { Code: <code>{row.code}</code> }),
})

const answered = (row: AuditRow) => ({
  When: <Time at={row.at} />,
  ...(row.latencyMs === null ? {} : { Took: duration(row.latencyMs) }),
  Size: bytes(row.bytes),
  'Secrets masked': row.masked,
  ...(row.code === null ? {} : { Code: <code>{row.code}</code> }),
})
