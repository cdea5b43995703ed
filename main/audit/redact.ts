import { secretsIn } from '../detector/detect.ts'
import { meaningOf, type NameMeaning } from '../detector/names.ts'
import { CODE, isPlaceholder, looksRandom, withoutReferences } from '../detector/values.ts'
import type { Mask } from './mask.ts'

/**
 * The detector as a redactor, for text and data that nobody checks before they are kept or shown. First the vault's own
 * values (`mask`, exact), then what looks like a credential of anybody.
 *
 * @returns the text without them, and how many places were taken out
 */
export function redactText(text: string, mask: Mask = NO_MASK): ReturnType<Mask> {
  const { text: masked, masked: count } = mask(text)
  const spans = secretsIn(masked)
  if (spans.length === 0) return { text: masked, masked: count }
  let result = ''
  let last = 0
  for (const { from, to } of spans) {
    result += masked.slice(last, from) + REDACTED
    last = to
  }
  return { text: result + masked.slice(last), masked: count + spans.length }
}

const REDACTED = '[redacted by Warder]'

const NO_MASK: Mask = (text) => ({ text, masked: 0 })

/**
 * As {@link redactText}, for a line of a log: many programs write theirs as JSON, where names of members, headers in pairs and
 * options before their values say more than the text does.
 */
export function redactLine(line: string, mask: Mask = NO_MASK): ReturnType<Mask> {
  const { text: masked, masked: count } = mask(line)
  const data = /^\s*[[{]/.test(masked) ? jsonIn(masked) : undefined
  const written = JSON.stringify(data)
  const clean = data === undefined ? written : JSON.stringify(redactValue(data))
  // Written anew only where something was taken out: else it stays as its program wrote it.
  const { text, masked: more } = redactText(clean === written ? masked : (clean ?? masked))
  return { text, masked: count + more + (clean === written ? 0 : 1) }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As {@link redactText}, for data: here the name of a member says more than its text. */
export function redactValue(value: unknown, mask: Mask = NO_MASK): unknown {
  return walk(value, null, mask)
}

function walk(value: unknown, meaning: NameMeaning, mask: Mask): unknown {
  if (typeof value === 'string')
    return holds(meaning, value) ? REDACTED : redactText(value, mask).text
  if (typeof value === 'number' && isSecretNumber(meaning, value)) return REDACTED
  if (Array.isArray(value)) return list(value, meaning, mask)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      redactText(name, mask).text,
      walk(member, meaningOf(name) ?? inherited(meaning), mask),
    ]),
  )
}

/** Somebody's password may be a date. */
const isSecretNumber = (meaning: NameMeaning, value: number) =>
  meaning === 'code' || (meaning === 'credential' && value >= 100_000)

/** `{ credentials: { user, value } }`: whatever is below looks made by a machine, or stays. */
const inherited = (meaning: NameMeaning): NameMeaning =>
  meaning === 'credential' ? 'perhaps' : null

/** Headers as pairs, and options before their values. */
function list(values: readonly unknown[], meaning: NameMeaning, mask: Mask): unknown[] {
  return values.map((value, index) => {
    const before = values[index - 1]
    const isNamed =
      typeof value === 'string' &&
      typeof before === 'string' &&
      (/^--?[A-Za-z][\w-]*$/.test(before)
        ? !value.startsWith('-')
        : values.length === 2 && /^[\w-]{2,64}$/.test(before))
    return walk(value, isNamed ? (meaningOf(before) ?? meaning) : meaning, mask)
  })
}

function holds(meaning: NameMeaning, value: string): boolean {
  const given = withoutReferences(value)
  if (meaning === null || isPlaceholder(given)) return false
  if (meaning === 'code') return CODE.test(given)
  return meaning === 'perhaps' ? looksRandom(given, 16) : given.length >= 4
}
