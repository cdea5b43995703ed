import { DoneDialog } from '../../parts/confirm-dialog.tsx'
import { CopyField } from '../../parts/copy-field.tsx'

interface TokenDialogProps {
  title: string
  given: { bearer: string; http: string }
  onClose: () => void
}

/** A token that exists in readable form only in this answer. */
export function TokenDialog({ title, given: { bearer, http }, onClose }: TokenDialogProps) {
  return (
    <DoneDialog title={title} done="I have kept it" onClose={onClose}>
      <p>This token is shown only now. Warder keeps no copy that could be read.</p>
      <CopyField label="Token" value={bearer} />
      <CopyField label="Address of all servers" value={`${http}/mcp`} />
      <p className="quiet small">
        One server alone is at <code>{`${http}/mcp/NAME`}</code>. The client sends the token as{' '}
        <code>Authorization: Bearer TOKEN</code>.
      </p>
    </DoneDialog>
  )
}
