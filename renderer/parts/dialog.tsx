import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react'

interface DialogProps {
  title: string
  children: ReactNode
  /** Buttons, the one that changes nothing first. */
  actions: ReactNode
  onClose: () => void
  /** Room for a form. */
  wide?: boolean
}

/** A modal question. The browser keeps the focus inside, makes the rest inert and gives the focus back at the end. */
export function Dialog({ title, children, actions, onClose, wide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  const first = useRef<HTMLElement>(null)
  // Before it leaves the document: only one that is closed there gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => {
      element?.close()
      first.current = null
    }
  }, [])
  // At each step of the dialog anew: the button that had the focus may be gone.
  useEffect(() => {
    const next = dialog.current?.querySelector<HTMLElement>('[data-first]') ?? null
    if (next !== first.current) next?.focus()
    first.current = next
  })
  return (
    <dialog
      ref={dialog}
      data-wide={wide}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <h2 id={heading}>{title}</h2>
      <div className="dialog-body">{children}</div>
      <div className="dialog-actions">{actions}</div>
    </dialog>
  )
}
