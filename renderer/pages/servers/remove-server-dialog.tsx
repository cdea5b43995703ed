import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Receipt } from '../receipt.tsx'

export function RemoveServerDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const remove = useAct('servers:remove')
  if (remove.data !== undefined)
    return (
      <Dialog
        title={`${name} is removed`}
        onClose={onClose}
        actions={
          <Button first kind="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        {remove.data.length === 0 && <p>It had no account to revoke.</p>}
        <ul className="cards">
          {remove.data.map((receipt) => (
            <Receipt key={receipt.id} receipt={receipt} />
          ))}
        </ul>
      </Dialog>
    )
  return (
    <Dialog
      title={`Remove ${name}?`}
      onClose={onClose}
      actions={
        <>
          <Button first onClick={onClose}>
            Keep it
          </Button>
          <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate({ name })}>
            Remove
          </Button>
        </>
      }
    >
      <p>
        Clients lose it at once, its process ends, and every account of it is revoked at its
        provider, with a receipt. Its secrets stay in the vault.
      </p>
      <ErrorNote error={remove.error} />
    </Dialog>
  )
}
