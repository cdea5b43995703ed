import type { CallFilter } from '../../api/call-window.ts'

interface Known {
  clients: readonly string[]
  servers: readonly string[]
  /** Milliseconds since the epoch. */
  now: number
}

const HOUR = 3_600_000

const decisions: Record<string, CallFilter['decision']> = { allowed: 'allow' }
const outcomes: Record<string, CallFilter['outcome']> = {
  denied: 'denied',
  refused: 'denied',
  failed: 'error',
  errors: 'error',
  error: 'error',
  done: 'ok',
  cancelled: 'cancelled',
  lost: 'lost',
}

/** Words that a sentence needs and a filter does not. */
const filler = new Set(
  'a all and any at by call calls did do everything from in me of on show since that the to was were what which with'.split(
    ' ',
  ),
)

/**
 * What a person who writes "refused calls of cursor to linear since yesterday" wants to see. A word that is nothing else
 * is the name of a tool.
 */
export function readSentence(text: string, { clients, servers, now }: Known): CallFilter {
  const filter: CallFilter = {}
  const lower = text.toLowerCase()
  if (/\btool errors?\b/.test(lower)) filter.outcome = 'tool-error'
  Object.assign(filter, timesOf(lower, now))
  const rest = lower.replace(
    /\btool errors?\b|\blast (?:hour|day|week)\b|\btoday\b|\byesterday\b|\bthis week\b/g,
    ' ',
  )
  const original = new Map(text.split(/[\s,]+/).map((word) => [word.toLowerCase(), word]))
  for (const word of rest.split(/[\s,]+/)) {
    if (word === '' || filler.has(word)) continue
    const named = (names: readonly string[]) => names.find((name) => name.toLowerCase() === word)
    const server = named(servers)
    const client = named(clients)
    if (client !== undefined && filter.client === undefined) filter.client = client
    else if (server !== undefined && filter.server === undefined) filter.server = server
    else if (decisions[word] !== undefined) filter.decision = decisions[word]
    else if (outcomes[word] !== undefined) filter.outcome = outcomes[word]
    else filter.target ??= original.get(word) ?? word
  }
  return filter
}

function timesOf(text: string, now: number): Pick<CallFilter, 'since' | 'until'> {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  const at = (time: number) => new Date(time).toISOString()
  if (/\blast hour\b/.test(text)) return { since: at(now - HOUR) }
  if (/\blast day\b/.test(text)) return { since: at(now - 24 * HOUR) }
  if (/\b(?:last|this) week\b/.test(text)) return { since: at(now - 7 * 24 * HOUR) }
  if (/\bsince yesterday\b/.test(text)) return { since: at(midnight - 24 * HOUR) }
  if (/\byesterday\b/.test(text)) return { since: at(midnight - 24 * HOUR), until: at(midnight) }
  if (/\btoday\b/.test(text)) return { since: at(midnight) }
  return {}
}
