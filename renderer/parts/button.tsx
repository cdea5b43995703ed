import type { ReactNode } from 'react'

interface ButtonProps {
  kind?: 'primary' | 'plain' | 'danger' | 'quiet' | 'text'
  busy?: boolean
  disabled?: boolean
  submit?: boolean
  /** The one that a dialog gives the focus to. */
  first?: boolean | undefined
  label?: string
  onClick?: () => void
  children: ReactNode
}

/** While busy it stays where it is and keeps the focus, but a second press does nothing. */
export function Button({ kind = 'plain', busy = false, ...props }: ButtonProps) {
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      className="button"
      data-kind={kind}
      data-first={props.first}
      aria-busy={busy}
      aria-disabled={busy}
      aria-label={props.label}
      disabled={props.disabled}
      onClick={busy ? undefined : props.onClick}
    >
      {props.children}
    </button>
  )
}
