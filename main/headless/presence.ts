import { randomBytes as systemRandomBytes } from 'node:crypto'
import { WarderError } from '../errors.ts'
import type { Presence, TrustAction } from '../ports.ts'

/** How long a question stays open, in milliseconds. */
const LIFETIME = 5 * 60_000

/**
 * Presence without a window: the caller asks the person (the command line on its terminal, the page in the browser) and
 * repeats the call with the challenge. A challenge is good once, for exactly the action that was shown.
 */
export function createPresence(
  options: { clock?: () => number; randomBytes?: (size: number) => Buffer } = {},
): Presence {
  const { clock = Date.now, randomBytes = systemRandomBytes } = options
  const open = new Map<string, { action: string; until: number }>()

  return {
    async confirm(action: TrustAction, answer?: string) {
      const now = clock()
      for (const [challenge, { until }] of open) if (until < now) open.delete(challenge)
      const shown = JSON.stringify(action)
      if (answer !== undefined) {
        const asked = open.get(answer)
        open.delete(answer)
        if (asked?.action === shown) return true
      }
      const challenge = randomBytes(32).toString('base64url')
      open.set(challenge, { action: shown, until: now + LIFETIME })
      throw new WarderError('presence.required', `${action.title}: a person has to confirm this.`, {
        details: { challenge, title: action.title, lines: action.lines },
      })
    },
  }
}
