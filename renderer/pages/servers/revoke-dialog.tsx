import type { AccountView } from '../../../preload/contract/index.ts'
import { useAct, useListing } from '../../api/queries.ts'
import { ConfirmDialog, DoneDialog } from '../../parts/confirm-dialog.tsx'
import { hostOf, visible } from '../../parts/format.ts'
import { Note } from '../../parts/note.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Receipt } from '../receipt.tsx'

/** Says what a revocation does before it is done, and shows the receipt after. */
export function RevokeDialog(props: { account: AccountView; onClose: () => void }) {
  const { account, onClose } = props
  const revoke = useAct('accounts:revoke')
  const { data: latest } = useListing('receipts:list')
  if (revoke.data !== undefined)
    return (
      <DoneDialog title={`${visible(account.account)} is revoked here`} onClose={onClose}>
        <ul className="cards">
          {revoke.data.map((receipt) => (
            // As it is now: it turns from amber to green before one's eyes.
            <Receipt
              key={receipt.id}
              receipt={latest?.find(({ id }) => id === receipt.id) ?? receipt}
            />
          ))}
        </ul>
      </DoneDialog>
    )
  return (
    <ConfirmDialog
      title={`Revoke ${visible(account.account)}?`}
      act="Revoke"
      busy={revoke.isPending}
      error={revoke.error}
      onAct={() => revoke.mutate({ account: account.account })}
      onClose={onClose}
    >
      <p>
        Calls that use it are refused at once, open streams are cut and local servers that hold it
        are ended. Then Warder asks {visible(hostOf(account.issuer))} to revoke the tokens and
        writes a receipt of what was proven.
      </p>
      {account.revokeWarning && (
        <Note tone="warn">
          <Prose text={account.revokeWarning} />
        </Note>
      )}
    </ConfirmDialog>
  )
}
