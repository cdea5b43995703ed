import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { z } from 'zod'
import { WarderError } from '../errors.ts'
import { homeId } from '../store/home.ts'

/**
 * How a value lies in the keychain. Windows takes 2,560 bytes an item, so an item has at most {@link ITEM_BYTES}: a
 * value that fits is one item, a longer one is numbered chunks of a generation and, in the place of the value, a header
 * that says which. All of it is ASCII, because keytar cuts a value at NUL and refuses an empty one.
 */
export const ITEM_BYTES = 2_400

/** The longest value, every character of it escaped, is fewer chunks than this. */
const MAX_CHUNKS = 256

const itemSchema = z.union([
  z.strictObject({ version: z.literal(1), value: z.string() }),
  z.strictObject({
    version: z.literal(1),
    generation: z.string().regex(/^[0-9a-f]{8}$/),
    chunks: z.int().min(1).max(MAX_CHUNKS),
    sha256: z.base64url(),
  }),
])
type Item = z.infer<typeof itemSchema>
export type ChunkedItem = Extract<Item, { generation: string }>

/** A value as the texts that are stored; without chunks where `head` holds it whole. */
export interface EncodedValue {
  readonly head: string
  readonly chunks: readonly { readonly name: string; readonly text: string }[]
}

/**
 * @param key under which the value is asked for
 * @param generation eight hexadecimal digits, never used for this key before
 */
export function encodeValue(key: string, value: string, generation: string): EncodedValue {
  const whole = ascii({ version: 1, value })
  if (whole.length <= ITEM_BYTES) return { head: whole, chunks: [] }
  const text = ascii(value)
  const chunks = [...slices(text, ITEM_BYTES)].map((slice, number) => ({
    name: chunkName(key, generation, number),
    text: slice,
  }))
  const head: ChunkedItem = { version: 1, generation, chunks: chunks.length, sha256: digest(text) }
  return { head: ascii(head), chunks }
}

/** @throws WarderError `vault.damaged` */
export function decodeHead(text: string): Item {
  const item = itemSchema.safeParse(parse(text))
  if (!item.success) throw damaged()
  return item.data
}

/** @throws WarderError `vault.damaged` where the chunks are not those that the header was written for */
export function decodeChunks(item: ChunkedItem, chunks: readonly string[]): string {
  const text = chunks.join('')
  if (digest(text) !== item.sha256) throw damaged()
  const value = parse(text)
  if (typeof value !== 'string') throw damaged()
  return value
}

export function chunkName(key: string, generation: string, number: number): string {
  return `${key}#${generation}.${number}`
}

/** What the names of all chunks of a key begin with, or of one generation of it. */
export function chunkPrefix(key: string, generation?: string): string {
  return generation === undefined ? `${key}#` : `${key}#${generation}.`
}

/**
 * What the accounts of one home begin with: two homes of one user share a keychain and must not share an item.
 * @param home an existing directory
 */
export function accountPrefix(home: string): string {
  return `${homeId(realpathSync(home))}/`
}

const ascii = (value: unknown) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const digest = (text: string) => createHash('sha256').update(text).digest('base64url')

function* slices(text: string, length: number): Generator<string> {
  for (let start = 0; start < text.length; start += length) yield text.slice(start, start + length)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The engine's message quotes the text, which is a secret.
    throw damaged()
  }
}

const damaged = () =>
  new WarderError('vault.damaged', 'An item in the keychain is not as Warder wrote it.')
