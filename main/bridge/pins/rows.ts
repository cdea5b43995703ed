import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../../audit/log.ts'
import { spelled } from './hidden.ts'
import type { PinNote } from './pins.ts'

/** A row of its own for what became of a tool: it belongs to no call, so it has no intent. */
export function recordPin(audit: AuditLog, user: string, { what, server, tool, why }: PinNote) {
  const isNo = what === 'held' || what === 'denied'
  audit.outcome(
    {
      call: randomUUID(),
      user,
      client: '-',
      proof: 'none',
      session: null,
      server,
      account: null,
      method: `pins/${what}`,
      target: spelled(tool),
      decision: isNo ? 'deny' : 'allow',
      rule: `tool pins: ${why}`,
      argumentKeys: [],
      bytes: 0,
    },
    {
      outcome: isNo ? 'denied' : 'ok',
      code: isNo ? 'policy.tool_held' : null,
      latencyMs: null,
      bytes: 0,
      account: null,
      masked: 0,
    },
  )
}
