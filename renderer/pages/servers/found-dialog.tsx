import type { ImportView, ShreddedView } from '../../../preload/contract/index.ts'
import { useAct } from '../../api/queries.ts'
import { ConfirmDialog, DoneDialog } from '../../parts/confirm-dialog.tsx'
import { visible } from '../../parts/format.ts'
import { Note } from '../../parts/note.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Receipt } from '../receipt.tsx'

export type Deed = 'adopt' | 'revoke' | 'shred'

const words: Record<Deed, { title: string; button: string; about: string }> = {
  adopt: {
    title: 'Adopt what',
    button: 'Adopt',
    about:
      'Warder renews the token once at the provider that it came from, and keeps the new one in the vault. Where the provider replaces refresh tokens, the program is signed out by that.',
  },
  revoke: {
    title: 'Revoke what',
    button: 'Revoke',
    about:
      'Warder asks the provider that it came from to end the token, and writes a receipt of what was proven. Its file stays until you shred it.',
  },
  shred: {
    title: 'Shred what',
    button: 'Shred',
    about:
      'The token is overwritten and taken out of its file. That ends nothing at the provider, and copies in a journal, a snapshot, a backup or the disk itself are out of reach.',
  },
}

/** Says what is done before it is, and shows what came of it. */
export function FoundDialog(props: { deed: Deed; found: ImportView; onClose: () => void }) {
  const { deed, found, onClose } = props
  const { id, program, server } = found
  const adopt = useAct('imports:adopt')
  const revoke = useAct('imports:revoke')
  const shred = useAct('imports:shred')
  const act = { adopt, revoke, shred }[deed]
  const { title, button, about } = words[deed]

  function go(): void {
    if (deed === 'adopt') adopt.mutate({ id, server: server ?? '' })
    else if (deed === 'revoke') revoke.mutate({ id, ...(server !== null && { server }) })
    else shred.mutate({ id })
  }

  if (act.isSuccess)
    return (
      <DoneDialog title={`${title} ${program} keeps`} onClose={onClose}>
        {adopt.data && (
          <Note tone="good" title={adopt.data.account.account}>
            {adopt.data.rotated
              ? 'Warder keeps it now, and what lies in the file is dead. Shred it all the same.'
              : 'Warder keeps it now, and the copy in the file is as good as ever: shred it.'}
          </Note>
        )}
        {revoke.data && (
          <ul className="cards">
            {revoke.data.receipts.map((receipt) => (
              <Receipt key={receipt.id} receipt={receipt} />
            ))}
          </ul>
        )}
        {shred.data && <Shredded shredded={shred.data} />}
      </DoneDialog>
    )
  return (
    <ConfirmDialog
      title={`${title} ${program} keeps?`}
      act={button}
      keep="Cancel"
      kind={deed === 'adopt' ? 'primary' : 'danger'}
      busy={act.isPending}
      error={act.error}
      onAct={go}
      onClose={onClose}
    >
      <p>{about}</p>
    </ConfirmDialog>
  )
}

function Shredded({ shredded }: { shredded: ShreddedView }) {
  return (
    <Note
      tone={shredded.problem === null ? 'good' : 'warn'}
      title={shredded.problem === null ? 'Shredded' : 'Not shredded'}
    >
      {shredded.problem === null ? (
        visible(shredded.files.join(', '))
      ) : (
        <Prose text={shredded.problem} />
      )}
    </Note>
  )
}
