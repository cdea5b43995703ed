import { Switch } from '@base-ui/react/switch'
import type { ReactNode } from 'react'
import { ErrorNote } from './error-note.tsx'

interface ToggleProps {
  /** Of the words, which are what the switch is called. */
  id: string
  words: string
  /** What to know before one turns it. */
  help: ReactNode
  on: boolean
  busy: boolean
  error: unknown
  onTurn: (on: boolean) => void
}

/** A setting that is on or off. */
export function Toggle({ id, words, help, on, busy, error, onTurn }: ToggleProps) {
  return (
    <div className="setting">
      <div>
        <p id={id}>{words}</p>
        <p className="quiet small">{help}</p>
        <ErrorNote error={error} />
      </div>
      <Switch.Root
        className="switch"
        aria-labelledby={id}
        checked={on}
        disabled={busy}
        onCheckedChange={onTurn}
      >
        <Switch.Thumb className="switch-thumb" />
      </Switch.Root>
    </div>
  )
}
