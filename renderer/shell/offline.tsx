import { useStatus } from '../api/queries.ts'
import { Note } from '../parts/note.tsx'

/** Says that what is on the screen may be old, for as long as the companion does not answer. */
export function Offline() {
  const status = useStatus()
  if (status.error?.code !== 'companion.unreachable') return null
  return (
    <Note tone="warn" title="Warder does not answer">
      What you see may be old. If Warder was stopped, start it and open this window again with{' '}
      <code>warder ui</code>. <span className="code">{status.error.code}</span>
    </Note>
  )
}
