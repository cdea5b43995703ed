import type { Span } from './match-forms.ts'
import { meaningOf } from './names.ts'
import { CODE, isPlaceholder, looksRandom, withoutReferences } from './values.ts'

/**
 * Credentials by what stands before them in a text: a name and a sign (JSON, YAML, TOML, .env, headers, parameters of a URL,
 * GraphQL, all of it also inside strings of JSON), an option of a command line, a scheme of `Authorization`. Every expression
 * begins at the edge of a word and every part is bounded, so the cost is linear.
 */
export function assignmentsIn(text: string): Span[] {
  return [
    ...named(text),
    ...elements(text),
    ...options(text),
    ...schemes(text),
    ...statements(text),
    ...codes(text),
  ]
}

const NAMED =
  /(?<![\w.-])([A-Za-z_][\w.-]{0,63})(\\{0,8}["'`]?[ \t]{0,8}(?:=>|:=|={1,3}|:)\s{0,16})(\\{0,8}["'`]?)/g

function named(text: string): Span[] {
  const spans: Span[] = []
  // What stands in a value was taken with it, and is not read again.
  let until = 0
  for (const match of text.matchAll(NAMED)) {
    const [all, name = '', , opening = ''] = match
    if (match.index < until) continue
    const from = match.index + all.length
    const meaning = meaningOf(name)
    if (meaning === null) continue
    const value = opening === '' ? bare(text, from, name, match.index) : quoted(text, from, opening)
    const trimmed = value.trimEnd()
    if (!isSecret(meaning, trimmed, opening !== '')) continue
    until = from + trimmed.length
    spans.push({ from, to: until, rule: `named:${name.toLowerCase()}` })
  }
  return spans
}

/** Of a header the whole line counts; a parameter of a URL ends before the next one, or the fragment. */
function bare(text: string, from: number, name: string, nameAt: number): string {
  if (WHOLE_LINE.test(name)) return take(LINE, text, from)
  const before = text.charAt(nameAt - 1)
  return take(before === '?' || before === '&' || before === '#' ? PARAMETER : WORD, text, from)
}

const WHOLE_LINE = /^(?:proxy-)?authorization$|^(?:set-)?cookie$/i
const LINE = /[^\r\n"'`\\]{0,4096}/y
const PARAMETER = /(?:\$?\{[^{}\s]{0,128}\}|[^\s&#"'`\\)\]}<>]){0,1024}/y
const WORD = /(?:\$?\{[^{}\s]{0,128}\}|[^\s,;&"'`\\)\]}<>]){0,1024}/y

function quoted(text: string, from: number, opening: string): string {
  const sign = opening.at(-1) ?? ''
  // Only backslashes: no string begins there.
  if (!/["'`]/.test(sign)) return take(WORD, text, from)
  const inside = take(sign === '"' ? DOUBLE : sign === "'" ? SINGLE : BACK, text, from)
  return opening.length > 1 ? inside.replace(/\\+$/, '') : inside
}

const DOUBLE = /[^"\r\n]{0,4096}/y
const SINGLE = /[^'\r\n]{0,4096}/y
const BACK = /[^`\r\n]{0,4096}/y

function isSecret(
  meaning: NonNullable<ReturnType<typeof meaningOf>>,
  value: string,
  isQuoted: boolean,
): boolean {
  const given = withoutReferences(value).replace(SCHEME, '')
  if (isPlaceholder(given)) return false
  if (meaning === 'code') return CODE.test(given)
  if (meaning === 'perhaps') return looksRandom(given, 16)
  if (!isQuoted && EXPRESSION.test(given)) return false
  // In prose a word may follow a colon; what is in quotes, or is not a word, was meant.
  return isQuoted ? given.length >= 4 : given.length >= 6 && /[^A-Za-z_-]|^[\w-]{24,}$/.test(given)
}

/** Program text: a call, or where a value is taken from. */
const EXPRESSION =
  /^(?:await |new )?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*\(|^(?:process|os|import|env|config|settings|secrets|req|request|this|self|options|props)\.[\w$.]+$/

/** XML, and the parts of a form (RFC 7578 §4.2). */
const ELEMENTS =
  /<([A-Za-z][\w:.-]{0,63})>([^<\r\n]{4,4096})(?=<)|(?<=[\s;])(?:key|name)="([\w.:-]{1,64})"(?:\s{1,8}value="|\r?\n\r?\n)([^"\r\n]{4,4096})/g

function elements(text: string): Span[] {
  return [...text.matchAll(ELEMENTS)].flatMap((match) => {
    const [all, element, content, part, body] = match
    const value = content ?? body ?? ''
    const meaning = meaningOf(element ?? part ?? '')
    if (meaning === null || !isSecret(meaning, value, true)) return []
    const to = match.index + all.length
    return [{ from: to - value.length, to, rule: 'named' }]
  })
}

const OPTION = /(?<![^\s"'`=])--?([A-Za-z][\w-]{1,40})(?:=|\s{1,4})(["'`]?)/g

function options(text: string): Span[] {
  return [...text.matchAll(OPTION)]
    .flatMap((match) => {
      const [all, name = '', quote = ''] = match
      const from = match.index + all.length
      const meaning = meaningOf(name)
      if (meaning === null) return []
      const value = quote === '' ? take(WORD, text, from) : quoted(text, from, quote)
      if (value.startsWith('-') || !isSecret(meaning, value, quote !== '')) return []
      return [{ from, to: from + value.length, rule: `option:${name.toLowerCase()}` }]
    })
    .concat(attached(text))
}

/** `mysql -pSECRET`, `curl -u NAME:SECRET`: the commands that people know these from. */
const ATTACHED =
  /(?<![\w-])(?:(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]{0,256}?\s-p|(?:curl|http|wget)\b[^\n|;]{0,512}?\s(?:-u|--user)[ =]{1,2}["']?[\w.@-]{0,64}:|(?:docker|podman)\s{1,4}login\b[^\n|;]{0,256}?\s(?:-p|--password)\s{1,4}|sshpass\s{1,4}-p\s?["']?)([^\s"']{4,256})/g

function attached(text: string): Span[] {
  return [...text.matchAll(ATTACHED)].flatMap(({ 0: all, 1: value = '', index }) => {
    const to = index + all.length
    return isPlaceholder(withoutReferences(value))
      ? []
      : [{ from: to - value.length, to, rule: 'option' }]
  })
}

const SCHEMES = /(?<![\w-])(Bearer|Basic|DPoP|Token|ApiKey)(?:[ \t+]|%20){1,4}/gi
const SCHEME = /^(?:Bearer|Basic|DPoP|Token|ApiKey)(?:[ \t+]|%20){1,4}/i
const CREDENTIALS = /[\w~+/=.%-]{0,8192}/y

function schemes(text: string): Span[] {
  return [...text.matchAll(SCHEMES)].flatMap(({ 0: all, index }) => {
    const from = index + all.length
    const value = take(CREDENTIALS, text, from)
    const isOne = value.length >= 8 && /\d/.test(value) && !isPlaceholder(value)
    return isOne ? [{ from, to: from + value.length, rule: 'authorization' }] : []
  })
}

/** SQL: a word and a string, no sign between them; `.netrc`: words only. */
const STATEMENTS =
  /(?<!\w)(?:password|passwd|identified\s{1,4}by)\s{1,4}'([^'\r\n]{4,256})'|(?<=login\s{1,4}\S{1,64}\s{1,4}password\s{1,4})(\S{4,256})/gi

const statements = (text: string): Span[] =>
  [...text.matchAll(STATEMENTS)].map(({ 0: all, 1: literal, 2: word, index }) => {
    const value = literal ?? word ?? ''
    const to = index + all.length - (literal === undefined ? 0 : 1)
    return { from: to - value.length, to, rule: 'statement' }
  })

/** RFC 6749 §4.1.2: `code` is one only beside `state`; elsewhere it is a word like any other. */
const CODES = /(?<=[?&#])code=([^\s&#"']{6,2048})/g
const BESIDE = /(?<=[?&#])state=/

function codes(text: string): Span[] {
  return [...text.matchAll(CODES)].flatMap(({ 0: all, 1: value = '', index }) => {
    const to = index + all.length
    const url = text.slice(Math.max(0, index - 2048), to + 2048)
    return BESIDE.test(url) ? [{ from: to - value.length, to, rule: 'authorization-code' }] : []
  })
}

function take(characters: RegExp, text: string, from: number): string {
  characters.lastIndex = from
  return characters.exec(text)?.[0] ?? ''
}
