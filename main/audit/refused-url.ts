import { randomUUID } from 'node:crypto'
import type { AuditLog } from './log.ts'

/**
 * A row of its own for a URL that stopped a sign-in: which server led to it, what it stood for, which rule it broke. No
 * client asked for it, and nothing left, so it has no intent.
 */
export function recordRefusedUrl(
  audit: AuditLog,
  user: string,
  refused: {
    readonly server: string
    readonly field: string | null
    readonly rule: string
    readonly code: string
  },
): void {
  const { server, field, rule, code } = refused
  audit.outcome(
    {
      call: randomUUID(),
      user,
      client: '-',
      proof: 'none',
      session: null,
      server,
      account: null,
      method: 'sign-in',
      target: field,
      decision: 'deny',
      rule: `URL policy: ${rule}`,
      argumentKeys: [],
      bytes: 0,
    },
    { outcome: 'denied', code, latencyMs: null, bytes: 0, account: null, masked: 0 },
  )
}
