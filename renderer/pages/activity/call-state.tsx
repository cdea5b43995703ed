import type { AuditRow } from '../../../preload/contract/index.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { type CallState, stateOf } from './call.ts'

export const stateWords: Record<CallState, [Tone, string]> = {
  running: ['wait', 'Under way'],
  ok: ['good', 'Done'],
  denied: ['denied', 'Denied'],
  'tool-error': ['warn', 'Tool error'],
  error: ['bad', 'Failed'],
  cancelled: ['info', 'Cancelled'],
  lost: ['bad', 'Outcome unknown'],
}

export function CallStateBadge({ row }: { row: AuditRow }) {
  const [tone, text] = stateWords[stateOf(row)]
  return <Badge tone={tone}>{text}</Badge>
}
