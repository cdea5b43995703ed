/** What stands where a credential could and is none: a reference to one, a switch, an example. */

/** The parts of a value that are given, with references to variables, inputs and vaults taken out of it. */
export function withoutReferences(value: string): string {
  return value.replaceAll(REFERENCE, (_, fallback: string | undefined) => fallback ?? '')
}

/**
 * `${VAR}`, `${env:VAR}`, `${input:ID}`, `$VAR`, `%VAR%`, `{{…}}`; what stands behind `:-` or `:=` (POSIX) is a value that was
 * written down. Every part is bounded.
 */
const REFERENCE =
  /\$\{[\w:.-]{1,128}?(?::?[-=]([^{}]{0,4096}))?\}|\$[A-Za-z_]\w{0,63}|%[A-Za-z_]\w{0,63}%|\{\{[^{}]{0,256}\}\}/g

/** True where a value says nothing that anybody could use. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim()
  return (
    SWITCH.test(text) ||
    BRACKETED.test(text) ||
    EXAMPLE.test(text) ||
    ELSEWHERE.test(text) ||
    /^([x*.0#_-])\1*$/i.test(text) ||
    VARIABLE.test(text)
  )
}

/** What no credential is: nothing, a switch. */
const SWITCH = /^(?:|true|false|yes|no|on|off|none|null|undefined)$/i

/** A number that is good once, or on a card. */
export const CODE = /^\d{3,8}$/

const BRACKETED =
  /^(?:<[^<>]{0,256}>|\[[\w .:'-]{0,256}\]|\{[\w .:-]{0,256}\}|\.{2,}|\*{3,}.{0,4})$/

/** The name of an environment variable, which stands for what is in it. */
const VARIABLE = /^[A-Z]+(?:_[A-Z]+)+$/

const EXAMPLE =
  /x{5}|\*{4}|\.{3}|…|(?:^|[^a-z])(?:your|my|enter|insert|replace|paste|some)[-_ ][a-z]|change[-_]?me|placeholder|redacted|example|dummy|(?:^|[-_ ])here$|^(?:string|number|boolean|str|required|optional|todo|tbd|n\/a|secret|password|passwd|pass|pwd|token|key|test|username:password|user:pass(?:word)?)$/i

/** Of the body of a token whose beginning is known: how pages of instructions write it. */
export const isTemplate = (body: string): boolean =>
  /x{6}|\*{4}|\.{3}|…|(?:your|my)[-_]|placeholder|redacted|change[-_]?me|(?:^|[-_])example/i.test(
    body,
  ) || /^([x*.0#_-])\1*$/i.test(body)

/** Vaults of others, and ours: the name of a secret is none. */
const ELSEWHERE =
  /^(?:secret:|grant:|op:\/\/|vault:|keychain:|pass:|aws-sm:\/\/|gcp-sm:\/\/|azkv:\/\/|doppler:|bws:|file:|ref\+|\[masked)/i

/** A place in a file system. Base64 has no dots and no second slash without signs in between that paths do not have. */
export const isPath = (value: string): boolean =>
  /^(?:~|\.{1,2})?[\\/][^\s+=]*$|^[A-Za-z]:[\\/]|^~$/.test(value)

/** Long enough and mixed enough to be made by a machine; words, dates, versions and numbers are not. */
export function looksRandom(value: string, least = 12): boolean {
  if (value.length < least || /\s/.test(value)) return false
  if (UUID.test(value) || NUMBERS.test(value) || URL_LIKE.test(value) || isPath(value)) return false
  const kinds = [/[a-z]/, /[A-Z]/, /\d/].filter((kind) => kind.test(value)).length
  return kinds >= 2 && /\d/.test(value) && entropy(value) >= 3
}

/** Mixed, long, and of no form that harmless things have: a guess, made only where nothing says what a value is. */
export function isShapelessSecret(value: string): boolean {
  if (value.length < 32 || value.length > 512 || !/^[\w~+/=-]+$/.test(value)) return false
  if (/[/]/.test(value) && isPath(value)) return false
  if (!/[a-z]/.test(value) || !/[A-Z]/.test(value) || !/\d/.test(value)) return false
  if (/^[0-9a-f]+$/i.test(value) || UUID.test(value)) return false
  return entropy(value) >= 4.2
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const NUMBERS = /^[\d.,:/TZ+-]+$/
const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i

/** Shannon's, in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const one of text) counts.set(one, (counts.get(one) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

/** RFC 9562, as some providers give keys. */
export const isUuid = (value: string): boolean => UUID.test(value)

/** True of a text that holds a reference anywhere. */
export const REFERENCE_IN = /\$\{[\w:.-]|\$[A-Za-z_]|%[A-Za-z_]\w*%|\{\{/
