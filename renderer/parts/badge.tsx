import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

/** good: works; wait: under way; warn: needs a person; held: waits on purpose; denied: refused on purpose; bad: failed. */
export type Tone = 'good' | 'wait' | 'warn' | 'held' | 'denied' | 'bad' | 'info'

/** A state: its shape, its colour and its words say the same. */
export function Badge({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone}>
      <Icon name={tone satisfies IconName} />
      {children}
    </span>
  )
}
