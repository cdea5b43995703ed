import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'

export function RemoveClientDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const remove = useAct('clients:remove')
  return (
    <Dialog
      title={`Remove ${name}?`}
      onClose={onClose}
      actions={
        <>
          <Button first onClick={onClose}>
            Keep it
          </Button>
          <Button
            kind="danger"
            busy={remove.isPending}
            onClick={() => remove.mutate({ name }, { onSuccess: onClose })}
          >
            Remove
          </Button>
        </>
      }
    >
      <p>Its socket is closed and its token is refused from the next call on.</p>
      <ErrorNote error={remove.error} />
    </Dialog>
  )
}
