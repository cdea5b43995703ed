import { domainToUnicode } from 'node:url'

/** The spelling of host names: what a name must look like before anything else is asked about it. */

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Scripts of everyday use (UTS 31 table 5): one of them a label, or the mixes that Chinese, Japanese and Korean write. */
const singleScripts = [
  ...['Latin', 'Greek', 'Cyrillic', 'Armenian', 'Georgian', 'Hebrew', 'Arabic', 'Ethiopic'],
  ...['Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada'],
  ...['Malayalam', 'Sinhala', 'Thai', 'Lao', 'Tibetan', 'Myanmar', 'Khmer', 'Thaana'],
]
const mixedScripts = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
const readable = [...singleScripts.map((script) => [script]), ...mixedScripts].map(
  (scripts) =>
    new RegExp(
      `^[0-9-${scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('')}]+$`,
      'u',
    ),
)

/** Cyrillic letters that cannot be told from Latin ones: a label of nothing else is a Latin word in disguise. */
const cyrillicInDisguise = /^[0-9\-асԁеһіјӏорԛѕԝхуъьҽпгѵѡ]+$/u
const cyrillic = /\p{Script=Cyrillic}/u

/**
 * Is this a host name that every program reads alike? Letters, digits and hyphens (RFC 1123 §2.1) in labels of up to
 * 63 characters and 253 in all, no trailing dot; internationalized labels valid and in one script (UTS 39 §5.2).
 * @param name in lower case, A-labels where it is internationalized
 */
export function isPlainHostName(name: string): boolean {
  if (name.length > 253 || !name.split('.').every((part) => label.test(part))) return false
  return isReadable(domainToUnicode(name))
}

/**
 * Was `given` this name already, but for the case of its ASCII letters? U-labels are lower case and normalized by
 * definition (RFC 5890 §2.3.2.1): what the parser had to map (full-width letters, zero-width characters, numbers) was
 * written to be read differently by someone else.
 */
export function isSpellingOf(given: string, name: string): boolean {
  const lowered = given.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return lowered === name || lowered === domainToUnicode(name)
}

function isReadable(unicode: string): boolean {
  const labels = unicode.split('.')
  const top = labels.at(-1) ?? ''
  return labels.every((part) => {
    if (part.startsWith('xn--') || !readable.some((script) => script.test(part))) return false
    return !cyrillic.test(part) || cyrillic.test(top) || !cyrillicInDisguise.test(part)
  })
}
