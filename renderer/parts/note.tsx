import type { ReactNode } from 'react'
import type { Tone } from './badge.tsx'
import { Icon } from './icon.tsx'

/** A sentence or two that stand out from the page. */
export function Note(props: { tone: Tone; title?: string; children: ReactNode }) {
  return (
    <div className="note" data-tone={props.tone} role="status">
      <Icon name={props.tone} />
      <div>
        {props.title && <strong>{props.title}</strong>}
        <p>{props.children}</p>
      </div>
    </div>
  )
}
