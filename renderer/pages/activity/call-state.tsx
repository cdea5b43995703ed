import { type Call, type CallState, stateOf } from '../../api/calls.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'

const words: Record<CallState, [Tone, string]> = {
  running: ['wait', 'Under way'],
  ok: ['good', 'Done'],
  denied: ['denied', 'Denied'],
  'tool-error': ['warn', 'Tool error'],
  error: ['bad', 'Failed'],
  cancelled: ['info', 'Cancelled'],
  lost: ['bad', 'Outcome unknown'],
}

export function CallStateBadge({ call }: { call: Call }) {
  const [tone, text] = words[stateOf(call)]
  return <Badge tone={tone}>{text}</Badge>
}
