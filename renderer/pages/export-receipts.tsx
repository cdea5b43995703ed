import { useAct, useStatus } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { save } from '../parts/save.ts'

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
          all.mutate(
            {},
            {
              onSuccess: (records) =>
                save(
                  'warder-receipts',
                  'json',
                  'application/json',
                  `${JSON.stringify(records, null, 2)}\n`,
                ),
            },
          )
        }
      >
        Export
      </Button>
      <ErrorNote error={all.error} />
    </>
  )
}
