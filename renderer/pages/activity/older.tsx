import type { UseMutationResult } from '@tanstack/react-query'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'

/** The way back in time, as far as the audit goes. */
export function Older({ older }: { older: UseMutationResult<number, Error, void> }) {
  if (older.data === 0) return <p className="quiet end">This is where the audit begins.</p>
  return (
    <div className="end">
      <ErrorNote error={older.error} />
      <Button busy={older.isPending} onClick={() => older.mutate()}>
        Show older calls
      </Button>
    </div>
  )
}
