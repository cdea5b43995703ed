import { assignmentsIn } from './assignments.ts'
import { type Cost, createFormMatcher, type Span } from './match-forms.ts'
import { ownForms, shapes } from './own-forms.ts'
import { tokenForms } from './token-forms.ts'
import { isPlaceholder, withoutReferences } from './values.ts'

/**
 * The one detector of credentials in text: forms that issuers gave their tokens, keys in PEM, passwords in URLs, values behind
 * names, and all of these inside base64, hexadecimal, JSON escapes and invisible characters. Its cost is linear.
 *
 * @returns places in the text, in order, none inside another
 */
export function secretsIn(text: string, cost: Cost = { steps: 0 }): Span[] {
  return ORDINARY.test(text) ? [] : merged(found(text, cost, 0))
}

/** Most of what is looked at is the name of something: written small, too short for a token without a digit, no sign in it. */
const ORDINARY = /^(?:[a-z][A-Za-z_./-]{0,23})?$/

export type { Span } from './match-forms.ts'

const known = createFormMatcher(tokenForms, { digits: false })
const own = createFormMatcher(ownForms, { digits: true })

/** Blobs in blobs: what is wrapped thrice is not found by chance. */
const DEEPEST = 2

function found(text: string, cost: Cost, depth: number): Span[] {
  return [
    ...known(text, cost),
    ...own(text, cost),
    ...shapes.flatMap(([rule, shape]) =>
      [...text.matchAll(shape)].map(({ 0: all, index }) => ({
        from: index,
        to: index + all.length,
        rule,
      })),
    ),
    ...privateKeys(text),
    ...inUrls(text),
    ...assignmentsIn(text),
    ...(depth < DEEPEST ? [...inBlobs(text, cost, depth), ...disguised(text, cost)] : []),
  ]
}

/** RFC 7468, and what PGP and SSH write. A key without its end is one to the end of the text. */
function privateKeys(text: string): Span[] {
  const spans: Span[] = []
  for (let from = text.indexOf(BEGIN); from !== -1; ) {
    const title =
      /^[A-Z0-9 ]{0,64}/.exec(text.slice(from + BEGIN.length, from + BEGIN.length + 64))?.[0] ?? ''
    const isPrivate = title.includes('PRIVATE KEY')
    const end = isPrivate ? text.indexOf('-----END ', from) : from
    const close = end === -1 ? -1 : text.indexOf('-----', end + BEGIN.length)
    const to = !isPrivate ? from + BEGIN.length : close === -1 ? text.length : close + 5
    if (isPrivate) spans.push({ from, to, rule: 'private-key' })
    from = text.indexOf(BEGIN, to)
  }
  return spans
}

const BEGIN = '-----BEGIN '

/** RFC 3986 §3.2.1. A name alone counts where it is long: some providers take a token there. */
const USER_INFO = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s/?#@"'`<>]{1,1024})@/gi

function inUrls(text: string): Span[] {
  return [...text.matchAll(USER_INFO)].flatMap(({ 1: scheme = '', 2: info = '', index }) => {
    const colon = info.indexOf(':')
    const secret = info.slice(colon + 1)
    const from = index + scheme.length + colon + 1
    const isOne = colon === -1 ? secret.length >= 20 && /\d/.test(secret) : secret !== ''
    return isOne && !isPlaceholder(withoutReferences(secret))
      ? [{ from, to: from + secret.length, rule: 'url-password' }]
      : []
  })
}

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}={0,2}/g
const HEX = /(?<![0-9A-Za-z])(?:[0-9a-f]{2}){16,}(?![0-9A-Za-z])/gi
/** Characters; larger blobs are files. */
const LARGEST_BLOB = 64 * 1024

function inBlobs(text: string, cost: Cost, depth: number): Span[] {
  const blobs = [
    ...[...text.matchAll(BASE64)].map((match) => ({ match, encoding: 'base64' as const })),
    ...[...text.matchAll(HEX)].map((match) => ({ match, encoding: 'hex' as const })),
  ]
  return blobs.flatMap(({ match: { 0: all, index }, encoding }) => {
    if (all.length > LARGEST_BLOB) return []
    const plain = Buffer.from(all, encoding).toString('utf8')
    if (!isText(plain)) return []
    const [first] = found(plain, cost, depth + 1)
    return first === undefined ? [] : [{ from: index, to: index + all.length, rule: first.rule }]
  })
}

const isText = (text: string) => /^[\t\r\n\x20-\x7e]+$/.test(text)

const INVISIBLE = /[\0\u00ad\u200b-\u200f\u2060\ufeff]/
const ESCAPE = /\\u00[2-7][0-9a-f]/i
const DISGUISE = /[\0\u00ad\u200b-\u200f\u2060\ufeff]|\\u00([2-7][0-9a-f])/gi

/** A token with invisible characters in it, or with letters written as escapes: read as who decodes it would. */
function disguised(text: string, cost: Cost): Span[] {
  if (!INVISIBLE.test(text) && !ESCAPE.test(text)) return []
  let plain = ''
  const places: number[] = []
  const add = (part: string, at: number, step: number) => {
    for (let index = 0; index < part.length; index++) places.push(at + index * step)
    plain += part
  }
  let last = 0
  for (const { 0: all, 1: code, index } of text.matchAll(DISGUISE)) {
    add(text.slice(last, index), last, 1)
    if (code !== undefined) add(String.fromCharCode(Number.parseInt(code, 16)), index, 0)
    last = index + all.length
  }
  add(text.slice(last), last, 1)
  places.push(text.length)
  return [...known(plain, cost), ...own(plain, cost)].map(({ from, to, rule }) => ({
    from: places[from] ?? 0,
    to: places[to] ?? text.length,
    rule,
  }))
}

function merged(spans: readonly Span[]): Span[] {
  const all: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = all.at(-1)
    if (last === undefined || span.from >= last.to) all.push(span)
    else if (span.to > last.to) all[all.length - 1] = { ...last, to: span.to }
  }
  return all
}
