import { WarderError } from '../errors.ts'
import type { Presence } from '../ports.ts'

/** A question in a dialog of ours. @param yes the label of the button that agrees */
export type Ask = (title: string, lines: readonly string[], yes: string) => Promise<boolean>

/** Questions that may wait at once: a page that was taken over could else bury the person in them. */
const MOST_WAITING = 4

/**
 * Asks in a dialog of ours. One question at a time: a stack of dialogs gets clicked away unread. The answer that needs
 * no reading, Enter or Escape, is no.
 */
export function createPresence(ask: Ask): Presence {
  let previous: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    async confirm(action) {
      if (waiting >= MOST_WAITING)
        throw new WarderError(
          'presence.refused',
          'Other questions wait for an answer first. Nothing was changed.',
        )
      waiting += 1
      const answer = previous.then(() => ask(action.title, action.lines, 'Allow'))
      previous = answer.catch(() => undefined)
      try {
        return await answer
      } finally {
        waiting -= 1
      }
    },
  }
}
