import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

interface EmptyProps {
  icon: IconName
  title: string
  children: ReactNode
  action?: { words: string; run: () => void }
}

/** Nothing here, and what would put something here. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <p>{children}</p>
      {action && (
        <Button kind="primary" onClick={action.run}>
          {action.words}
        </Button>
      )}
    </div>
  )
}
