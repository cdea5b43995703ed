import type { AuditLog } from '../../audit/log.ts'
import { recordOwn } from '../../audit/own-row.ts'
import { spelled } from './hidden.ts'
import type { PinNote } from './pins.ts'

/** What became of a tool. */
export function recordPin(audit: AuditLog, user: string, { what, server, tool, why }: PinNote) {
  const isNo = what === 'held' || what === 'denied'
  recordOwn(audit, user, {
    server,
    method: `pins/${what}`,
    target: spelled(tool),
    rule: `tool pins: ${why}`,
    code: isNo ? 'policy.tool_held' : null,
    isNo,
  })
}
