import { useEffect, useRef } from 'react'

const apple = /mac|iphone|ipad/i.test(navigator.platform)

/** What opens the command palette, as this keyboard has it. */
export const shortcut = apple ? '⌘K' : 'Ctrl K'

/** Calls back when the palette's keys are pressed, wherever the focus is. */
export function usePaletteKey(open: () => void): void {
  const latest = useRef(open)
  latest.current = open
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || event.altKey || event.shiftKey) return
      if (!(apple ? event.metaKey : event.ctrlKey)) return
      event.preventDefault()
      latest.current()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [])
}
