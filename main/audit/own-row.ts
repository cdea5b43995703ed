import { randomUUID } from 'node:crypto'
import type { AuditLog } from './log.ts'
import type { Intent, Outcome } from './rows.ts'

export type OwnRow = Pick<Intent, 'server' | 'method' | 'target' | 'rule'> &
  Pick<Outcome, 'code'> & { readonly isNo: boolean }

/** A row of its own for what belongs to no call: no client asked for it and nothing left, so it has no intent. */
export function recordOwn(audit: AuditLog, user: string, own: OwnRow): void {
  const { server, method, target, rule, code, isNo } = own
  audit.outcome(
    {
      call: randomUUID(),
      user,
      client: '-',
      proof: 'none',
      session: null,
      server,
      account: null,
      method,
      target,
      decision: isNo ? 'deny' : 'allow',
      rule,
      argumentKeys: [],
      bytes: 0,
    },
    { outcome: isNo ? 'denied' : 'ok', code, latencyMs: null, bytes: 0, account: null, masked: 0 },
  )
}
