import { useAct } from '../../api/queries.ts'
import { ConfirmDialog, DoneDialog } from '../../parts/confirm-dialog.tsx'
import { Receipt } from '../receipt.tsx'

export function RemoveServerDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const remove = useAct('servers:remove')
  if (remove.data !== undefined)
    return (
      <DoneDialog title={`${name} is removed`} onClose={onClose}>
        {remove.data.length === 0 && <p>It had no account to revoke.</p>}
        <ul className="cards">
          {remove.data.map((receipt) => (
            <Receipt key={receipt.id} receipt={receipt} />
          ))}
        </ul>
      </DoneDialog>
    )
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      act="Remove"
      busy={remove.isPending}
      error={remove.error}
      onAct={() => remove.mutate({ name })}
      onClose={onClose}
    >
      <p>
        Clients lose it at once, its process ends, and every account of it is revoked at its
        provider, with a receipt. Its secrets stay in the vault.
      </p>
    </ConfirmDialog>
  )
}
