import { type ReactNode, useEffect, useRef } from 'react'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

interface DrawerProps {
  /** What a screen reader calls it. */
  label: string
  title: ReactNode
  /** Another thing is shown: the focus comes here again. */
  of: string
  /** Where the focus goes back to. */
  from: () => HTMLElement | null | undefined
  onClose: () => void
  children: ReactNode
}

/** Details beside the page, which stays in use. Escape closes it and gives the focus back to what it is about. */
export function Drawer({ label, title, of, from, onClose, children }: DrawerProps) {
  const panel = useRef<HTMLElement>(null)
  const back = useRef(from)
  back.current = from
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown is the occasion
  useEffect(() => {
    panel.current?.focus()
    return () => back.current()?.focus()
  }, [of])
  return (
    <aside
      ref={panel}
      className="drawer"
      tabIndex={-1}
      aria-label={label}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <div className="drawer-head">
        <h2>{title}</h2>
        <Button kind="quiet" label="Close" onClick={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      {children}
    </aside>
  )
}
