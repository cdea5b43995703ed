import type { AuditLog } from './log.ts'
import { recordOwn } from './own-row.ts'

/** A URL that stopped a sign-in: which server led to it, what it stood for, which rule it broke. */
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
  recordOwn(audit, user, {
    server,
    method: 'sign-in',
    target: field,
    rule: `URL policy: ${rule}`,
    code,
    isNo: true,
  })
}
