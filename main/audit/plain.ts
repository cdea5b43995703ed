import type { Mask } from './mask.ts'
import { redactText } from './redact.ts'
import type { Intent, Outcome } from './rows.ts'

/**
 * Names in a call are free text of a client, codes that of a server: either may hold a credential, or be as long as a
 * message. A row keeps what tells a person which call it was.
 */
export function plainIntent(intent: Intent, mask: Mask): Intent {
  const { method, server, target, argumentKeys } = intent
  return {
    ...intent,
    method: plain(method, mask),
    server: plain(server, mask),
    target: target === null ? null : plain(target.replace(USER_INFO, '$1'), mask),
    argumentKeys: argumentKeys.slice(0, MOST_KEYS).map((key) => plain(key, mask)),
  }
}

export function plainOutcome(outcome: Outcome, mask: Mask): Outcome {
  return { ...outcome, code: outcome.code === null ? null : plain(outcome.code, mask) }
}

/** Looked through before it is cut: half a secret would not be found. */
function plain(text: string, mask: Mask): string {
  const { text: masked } = mask(text)
  if (harmless.has(masked)) return masked
  const { text: clean } = redactText(masked)
  if (clean.length > LONGEST) return `${clean.slice(0, LONGEST)}…`
  if (clean === masked) remember(clean)
  return clean
}

/** Short names that hold no credential: the same few come with every call, and looking through one costs as much as writing its row. */
const harmless = new Set<string>()
const MOST_HARMLESS = 1_024

function remember(name: string): void {
  if (harmless.size >= MOST_HARMLESS) harmless.clear()
  harmless.add(name)
}

/** In UTF-16 code units; longer than any name that a person gave. */
const LONGEST = 256
const MOST_KEYS = 64

/** A resource may be named by a URI with a password in it. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i
