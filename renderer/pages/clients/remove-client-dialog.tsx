import { useAct } from '../../api/queries.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'

export function RemoveClientDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const remove = useAct('clients:remove')
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      act="Remove"
      busy={remove.isPending}
      error={remove.error}
      onAct={() => remove.mutate({ name }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Its socket is closed and its token is refused from the next call on.</p>
    </ConfirmDialog>
  )
}
