import type { AuditLog } from '../audit/log.ts'
import type { Mask } from '../audit/mask.ts'
import type { Decide } from '../policy/decide.ts'
import type { Connection } from './connection.ts'
import type { UpstreamEvents } from './upstream/upstream.ts'

/** What the relay needs of the rest of the house. */
export interface House {
  readonly decide: Decide
  readonly audit: AuditLog
  readonly mask: Mask
  connect(server: string, events: UpstreamEvents): Connection
}
