import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './error-note.tsx'

interface ConfirmDialogProps {
  title: string
  /** What is to be done, as its button says it. */
  act: string
  /** What the button says that leaves everything as it is, and that has the focus. */
  keep?: string
  kind?: 'danger' | 'primary'
  busy: boolean
  disabled?: boolean
  error?: unknown
  wide?: boolean
  onAct: () => void
  onClose: () => void
  children: ReactNode
}

/** Says what would be done, and does it only then. */
export function ConfirmDialog({
  title,
  act,
  keep = 'Keep it',
  kind = 'danger',
  busy,
  disabled = false,
  error,
  wide = false,
  onAct,
  onClose,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      actions={
        <>
          <Button first onClick={onClose}>
            {keep}
          </Button>
          <Button kind={kind} busy={busy} disabled={disabled} onClick={onAct}>
            {act}
          </Button>
        </>
      }
    >
      {children}
      <ErrorNote error={error} />
    </Dialog>
  )
}

interface DoneDialogProps {
  title: string
  done?: string
  wide?: boolean
  onClose: () => void
  children: ReactNode
}

/** What came of it; there is nothing left to decide. */
export function DoneDialog({
  title,
  done = 'Done',
  wide = false,
  onClose,
  children,
}: DoneDialogProps) {
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      actions={
        <Button first kind="primary" onClick={onClose}>
          {done}
        </Button>
      }
    >
      {children}
    </Dialog>
  )
}
