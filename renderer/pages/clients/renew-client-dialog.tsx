import { useAct } from '../../api/queries.ts'
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx'
import { TokenDialog } from './token-dialog.tsx'

/** A new token in the place of the old one, which is void from then on. */
export function RenewClientDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const renew = useAct('clients:renew')
  if (renew.data !== undefined)
    return <TokenDialog title={`${name} has a new token`} given={renew.data} onClose={onClose} />
  return (
    <ConfirmDialog
      title={`A new token for ${name}?`}
      act="Make a new one"
      keep="Keep the old one"
      kind="primary"
      busy={renew.isPending}
      error={renew.error}
      onAct={() => renew.mutate({ name })}
      onClose={onClose}
    >
      <p>
        The token that it has now is refused from the next call on. Its socket, its rules and its
        accounts stay as they are.
      </p>
    </ConfirmDialog>
  )
}
