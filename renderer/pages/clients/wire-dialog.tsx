import { useQuery } from '@tanstack/react-query'
import type { ContractError, WiringPreview } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { useAct } from '../../api/queries.ts'
import { Bones } from '../../parts/bones.tsx'
import { ConfirmDialog, DoneDialog } from '../../parts/confirm-dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { visible, whole } from '../../parts/format.ts'
import { Note } from '../../parts/note.tsx'
import { Prose } from '../../parts/prose.tsx'
import { ScrollBox } from '../../parts/scroll-box.tsx'

interface WireDialogProps {
  client: string
  title: string
  action: 'wire' | 'unwire'
  onClose: () => void
}

/** The change of a client's file before it is made; only exactly this one is then made. */
export function WireDialog({ client, title, action, onClose }: WireDialogProps) {
  const api = useApi()
  const preview = useQuery<WiringPreview, ContractError>({
    queryKey: ['wiring', 'preview', client, action],
    queryFn: () => api.call('wiring:preview', { client, action }),
    gcTime: 0,
  })
  const make = useAct(action === 'wire' ? 'wiring:wire' : 'wiring:unwire')
  const words = action === 'wire' ? 'Wire' : 'Unwire'
  if (make.data !== undefined)
    return (
      <DoneDialog
        title={action === 'wire' ? `${title} is wired` : `${title} is as it was`}
        onClose={onClose}
      >
        <Note tone="good">
          <Prose text={make.data.next} />
        </Note>
      </DoneDialog>
    )
  return (
    <ConfirmDialog
      title={`${words} ${title}?`}
      act={words}
      keep="Cancel"
      kind="primary"
      wide
      busy={make.isPending}
      disabled={preview.data === undefined}
      error={make.error}
      onAct={() => preview.data && make.mutate({ client, digest: preview.data.digest })}
      onClose={onClose}
    >
      <ErrorNote error={preview.error} />
      {preview.data === undefined ? (
        !preview.error && <Bones count={1} />
      ) : (
        <Change of={preview.data} />
      )}
    </ConfirmDialog>
  )
}

function Change({ of: { file, changes, diff, notes } }: { of: WiringPreview }) {
  return (
    <>
      <p>
        {changes ? 'This is what changes in' : 'Nothing has to change in'}{' '}
        <code>{visible(file)}</code>
        {changes && '. Values of other servers are left out here, and stay as they are there.'}
      </p>
      {changes && (
        <ScrollBox label="What changes">
          <ul className="lines diff">
            {diff.map((line, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity and two may be the same
              <li key={at} data-sign={line[0] === '+' || line[0] === '-' ? line[0] : undefined}>
                {whole(line)}
              </li>
            ))}
          </ul>
        </ScrollBox>
      )}
      {notes.map((note) => (
        <p className="quiet small" key={note}>
          <Prose text={note} />
        </p>
      ))}
    </>
  )
}
