import type { KnownSecrets } from '../vault/known-secrets.ts'
import { searchFor } from './search.ts'

/**
 * Takes the vault's own bytes out of a text: exact matches of every secret this process holds, as it is and in the
 * encodings it travels in (JSON escapes, percent, base64, base64url, hexadecimal). No guessing: nothing else is touched.
 *
 * @returns the text without the secrets, and how many places were masked
 */
export type Mask = (text: string) => { readonly text: string; readonly masked: number }

interface Form {
  readonly value: string
  readonly mask: string
}

export function createMask(knownSecrets: KnownSecrets): Mask {
  let version = -1
  let forms: readonly Form[] = []
  let mayHold = (_text: string) => false
  /** Those of each secret: making them anew for all of them at each renewal would hold everybody up. */
  let made = new Map<string, readonly Form[]>()

  function learn(): void {
    version = knownSecrets.version
    const known = new Map<string, readonly Form[]>()
    for (const { label, value } of knownSecrets.entries())
      known.set(
        value,
        made.get(value) ??
          formsOf(value).map((form) => ({ value: form, mask: `[masked by Warder: ${label}]` })),
      )
    made = known
    // Longest first, so that a secret that holds another one is named as itself.
    forms = [...known.values()].flat().sort((a, b) => b.value.length - a.value.length)
    mayHold = searchFor(forms.map(({ value }) => value))
  }

  return (text) => {
    if (version !== knownSecrets.version) learn()
    if (!mayHold(text)) return { text, masked: 0 }
    let masked = 0
    let result = text
    for (const { value, mask } of forms) {
      if (!result.includes(value)) continue
      const parts = result.split(value)
      masked += parts.length - 1
      result = parts.join(mask)
    }
    return { text: result, masked }
  }
}

/** Every form of a secret that is searched for, each once. */
export function formsOf(secret: string): string[] {
  // Half a surrogate pair travels as the replacement character.
  const text = secret.toWellFormed()
  const bytes = Buffer.from(text, 'utf8')
  const hex = bytes.toString('hex')
  const percent = encodeURIComponent(text)
  return [
    ...new Set([
      text,
      ...jsonForms(text),
      percent,
      percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
      percent.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
      new URLSearchParams([['', text]]).toString().slice(1),
      hex,
      hex.toUpperCase(),
      ...base64Forms(bytes),
    ]),
  ]
}

/**
 * As the writers of JSON that are in use escape it: only what must be, slashes too (PHP), what is not ASCII (Python), what
 * HTML would read (Go, .NET). Then each once more, for JSON inside a string of JSON: tools answer like that.
 */
function jsonForms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const escaped = (characters: RegExp, digits: (code: string) => string) =>
    json.replace(
      characters,
      (unit) => `\\u${digits(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`,
    )
  const lower = (code: string) => code
  const upper = (code: string) => code.toUpperCase()
  const notAscii = escaped(/[\u007f-\uffff]/g, lower)
  const once = [
    json,
    json.replaceAll('/', '\\/'),
    notAscii,
    notAscii.replaceAll('/', '\\/'),
    escaped(/[<>&\u2028\u2029]/g, lower),
    escaped(/[<>&'+`\u007f-\uffff]/g, upper).replaceAll('\\"', '\\u0022'),
  ]
  return [...once, ...once.map((form) => JSON.stringify(form).slice(1, -1))]
}

/** Shorter runs of base64 characters occur by chance. */
const SHORTEST_RUN = 10

/**
 * A secret inside a longer base64 text starts at one of three offsets; each gives the characters that depend on the
 * secret's bytes alone. The first and last few bits are shared with the neighbours and left out.
 */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const start = Math.ceil((offset * 8) / 6)
    const end = Math.floor(((offset + bytes.length) * 8) / 6)
    const core = encoded.slice(start, end)
    return core.length < SHORTEST_RUN ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
