import { useAct, useStatus } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'

/** Saves what `warder receipts export` writes, byte for byte. The window of the desktop saves no files. */
export function ExportReceipts() {
  const { data: status } = useStatus()
  const all = useAct('receipts:export')
  if (status?.shell === 'desktop')
    return (
      <p className="quiet">
        To keep them elsewhere: <code>warder receipts export</code>
      </p>
    )
  return (
    <>
      <Button
        busy={all.isPending}
        onClick={() =>
          all.mutate({}, { onSuccess: (records) => save(`${JSON.stringify(records, null, 2)}\n`) })
        }
      >
        Export
      </Button>
      <ErrorNote error={all.error} />
    </>
  )
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `warder-receipts-${new Date().toISOString().slice(0, 10)}.json`
  link.click()
  URL.revokeObjectURL(url)
}
