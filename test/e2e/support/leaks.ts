import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A secret by the name under which a finding may be printed. */
export interface Planted {
  readonly name: string
  readonly value: string
}

/** Finds secrets where they must not be, as they are and in the encodings in which they travel. */
export interface LeakSearch {
  /** @returns what was found there, by name; never the value */
  in(place: string, content: string | Buffer): string[]
  /** Every regular file below a folder. */
  inFiles(folder: string): string[]
}

export function searchFor(secrets: readonly Planted[]): LeakSearch {
  const needles = secrets.flatMap(({ name, value }) =>
    formsOf(value).map(([form, text]) => ({ what: `${name}, ${form}`, bytes: Buffer.from(text) })),
  )
  const inside = (place: string, content: string | Buffer) => {
    const bytes = Buffer.from(content as string)
    return needles
      .filter((needle) => bytes.includes(needle.bytes))
      .map(({ what }) => `${what}: ${place}`)
  }
  return {
    in: inside,
    inFiles: (folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .flatMap((file) => inside(file, readFileSync(file))),
  }
}

function formsOf(value: string): [form: string, text: string][] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  const percent = encodeURIComponent(value)
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset))
  return [
    ['as it is', value],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in hexadecimal', hex],
    ['in hexadecimal', hex.toUpperCase()],
    ['percent-encoded', percent],
    ['percent-encoded', percent.replaceAll('%20', '+')],
    ['percent-encoded whole', hex.replace(/../g, '%$&')],
    ...base64.map((text): [string, string] => ['in Base64', text]),
    ...base64.map((text): [string, string] => [
      'in Base64 for URLs',
      text.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ]
}

/** The characters of Base64 that are the same whatever stands around the value, where it begins at this offset of three. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  const first = Math.ceil((offset * 8) / 6)
  const end = Math.floor(((offset + bytes.length) * 8) / 6)
  return text.slice(first, end)
}
