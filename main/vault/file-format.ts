import { createCipheriv, createDecipheriv, type randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { WarderError } from '../errors.ts'

/**
 * `vault.enc`: one line of JSON, the header, then the AES-256-GCM ciphertext of a JSON object of all values, then the
 * tag. The whole header line is additional authenticated data. The key is scrypt's (RFC 7914) of the passphrase.
 */
export interface Key {
  readonly parameters: KdfParameters
  readonly bytes: Buffer
}

const kdfSchema = z.strictObject({
  name: z.literal('scrypt'),
  // Bounds are checked before use: less would be weak, more would let a file on disk eat memory (128 · N · r bytes).
  N: z.union([z.literal(2 ** 17), z.literal(2 ** 18), z.literal(2 ** 19), z.literal(2 ** 20)]),
  r: z.literal(8),
  p: z.int().min(1).max(4),
  salt: z.base64url().length(22),
})
export type KdfParameters = z.infer<typeof kdfSchema>

const headerSchema = z.strictObject({
  format: z.literal('warder-vault'),
  version: z.literal(1),
  kdf: kdfSchema,
  cipher: z.literal('aes-256-gcm'),
  nonce: z.base64url().length(16),
})

const contentSchema = z.record(z.string(), z.string())
export type Content = ReadonlyMap<string, string>

const NEWLINE = 0x0a
const MAX_HEADER = 1_024
const TAG = 16

export function freshParameters(random: typeof randomBytes): KdfParameters {
  return { name: 'scrypt', N: 2 ** 17, r: 8, p: 1, salt: random(16).toString('base64url') }
}

/** Takes about half a second and 128 MiB, on purpose. Equal characters give equal keys, however a system composes them. */
export function deriveKey(passphrase: string, parameters: KdfParameters): Promise<Key> {
  const { N, r, p, salt } = parameters
  const cost = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) =>
    scrypt(passphrase.normalize('NFC'), Buffer.from(salt, 'base64url'), 32, cost, (error, bytes) =>
      error ? reject(error) : resolve({ parameters, bytes }),
    ),
  )
}

/**
 * The salt stays as long as the key does: a salt has to differ between keys, and this is the same key. The nonce has to
 * differ between messages under one key, so it is drawn anew for each.
 */
export function seal(key: Key, content: Content, random: typeof randomBytes): Buffer {
  const nonce = random(12)
  const header: z.infer<typeof headerSchema> = {
    format: 'warder-vault',
    version: 1,
    kdf: key.parameters,
    cipher: 'aes-256-gcm',
    nonce: nonce.toString('base64url'),
  }
  const line = Buffer.from(`${JSON.stringify(header)}\n`)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG })
  cipher.setAAD(line)
  const body = cipher.update(JSON.stringify(Object.fromEntries(content)), 'utf8')
  return Buffer.concat([line, body, cipher.final(), cipher.getAuthTag()])
}

/** @throws WarderError `vault.wrong_passphrase` where this is not a header that {@link seal} writes */
export function readParameters(file: Buffer): KdfParameters {
  return splitFile(file).header.kdf
}

/** @throws WarderError `vault.wrong_passphrase` for another key and for any altered, missing or added byte */
export function unseal(key: Key, file: Buffer): Map<string, string> {
  const { line, header, body, tag } = splitFile(file)
  try {
    const nonce = Buffer.from(header.nonce, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG })
    decipher.setAAD(line)
    decipher.setAuthTag(tag)
    const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    return new Map(Object.entries(contentSchema.parse(JSON.parse(text))))
  } catch {
    // No cause: a parser's message would quote what it read.
    throw wrongPassphrase()
  }
}

function splitFile(file: Buffer) {
  const end = file.subarray(0, MAX_HEADER).indexOf(NEWLINE) + 1
  if (end === 0 || file.length < end + TAG) throw wrongPassphrase()
  const line = file.subarray(0, end)
  return {
    line,
    header: parseHeader(line),
    body: file.subarray(end, file.length - TAG),
    tag: file.subarray(file.length - TAG),
  }
}

function parseHeader(line: Buffer): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(line.toString('latin1')))
  } catch (cause) {
    throw wrongPassphrase(cause)
  }
}

const wrongPassphrase = (cause?: unknown) =>
  new WarderError(
    'vault.wrong_passphrase',
    'The passphrase does not open the vault file, or the file was altered.',
    cause === undefined ? {} : { cause },
  )
