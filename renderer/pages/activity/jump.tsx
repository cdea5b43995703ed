import { useState } from 'react'
import { Button } from '../../parts/button.tsx'

/** Goes to the calls of a moment, in the time of this computer. What is newer and older is scrolled to from there. */
export function Jump({ onJump }: { onJump: (at: string) => void }) {
  const [moment, setMoment] = useState('')
  const at = instantOf(moment)
  return (
    <form
      className="jump"
      onSubmit={(event) => {
        event.preventDefault()
        if (at !== null) onJump(at)
      }}
    >
      <input
        type="datetime-local"
        aria-label="Jump to a date"
        value={moment}
        onChange={(event) => setMoment(event.target.value)}
      />
      <Button submit disabled={at === null} label="Jump to that date">
        Jump
      </Button>
    </form>
  )
}

/** The end of the minute that was named, so that its calls are among those before it; null for none. */
export function instantOf(local: string): string | null {
  const time = Date.parse(local)
  return Number.isNaN(time) ? null : new Date(time + 60_000).toISOString()
}
