import type { Mask } from './mask.ts'
import { redactText } from './redact.ts'
import type { Intent, Outcome } from './rows.ts'

/** What others wrote in a call. */
export type Words = Pick<Intent, 'method' | 'server' | 'target' | 'argumentKeys'>

/**
 * Names in a call are free text of a client, codes that of a server: either may hold a credential, or be as long as a
 * message. A row keeps what tells a person which call it was.
 */
export function plainWords({ method, server, target, argumentKeys }: Words, mask: Mask): Words {
  const plain = createPlain(mask)
  return {
    method: plain(method),
    server: plain(server),
    target: target === null ? null : plain(target.replace(USER_INFO, '$1')),
    argumentKeys: argumentKeys.slice(0, MOST_KEYS).map(plain),
  }
}

export function plainOutcome(outcome: Outcome, mask: Mask): Outcome {
  return outcome.code === null ? outcome : { ...outcome, code: createPlain(mask)(outcome.code) }
}

/**
 * The words of one row, looked through before they are cut: half a secret would not be found. Of words as long as a message
 * only the beginning is looked at, since everybody waits meanwhile; what stands near the end of that may be such a half, and
 * is not shown.
 */
function createPlain(mask: Mask): (text: string) => string {
  let left = MOST_LOOKED_AT
  return (text) => {
    const { text: masked } = mask(text)
    if (harmless.has(masked)) return masked
    const seen = masked.slice(0, Math.min(left, AT_ONCE))
    left -= seen.length
    const { text: clean } = redactText(seen)
    const isWhole = seen.length === masked.length
    const shown = Math.min(LONGEST, isWhole ? clean.length : Math.max(0, clean.length - MARGIN))
    if (!isWhole || clean.length > LONGEST) return `${clean.slice(0, shown)}…`
    if (clean === masked) remember(clean)
    return clean
  }
}

/** Short names that hold no credential: the same few come with every call, and looking through one costs as much as writing its row. */
const harmless = new Set<string>()
const MOST_HARMLESS = 1_024

function remember(name: string): void {
  if (harmless.size >= MOST_HARMLESS) harmless.clear()
  harmless.add(name)
}

/** In UTF-16 code units: of all words of a row, of one of them, and how long a secret may be that is cut there. */
const MOST_LOOKED_AT = 8 * 1024
const AT_ONCE = 4 * 1024
const MARGIN = 2 * 1024

/** In UTF-16 code units; longer than any name that a person gave. */
const LONGEST = 256
const MOST_KEYS = 64

/** A resource may be named by a URI with a password in it. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i
