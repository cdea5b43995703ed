import { inflateRawSync } from 'node:zlib'
import { WarderError } from '../../errors.ts'

/** A file of an archive. */
export interface ZipEntry {
  /** Below the archive's root, with slashes. */
  readonly name: string
  readonly isProgram: boolean
  readonly bytes: () => Buffer
}

/** What is larger is no bundle. Bytes and files. */
const LARGEST = { all: 512 * 1024 * 1024, files: 20_000 }

/**
 * Reads an archive by its central directory (APPNOTE 4.3.12), as far as bundles need it: stored or deflated files. Names that
 * lead out of the archive, links, encryption and two files of one name are refused, so that what is unpacked is what
 * anybody else would see in it.
 *
 * @throws WarderError `server.import_invalid`
 */
export function readZip(archive: Buffer): ZipEntry[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end === -1 || end + 22 > archive.length) throw refused('it is no ZIP archive')
  const count = archive.readUInt16LE(end + 10)
  let at = archive.readUInt32LE(end + 16)
  if (count === 0xffff || at === 0xffffffff || count > LARGEST.files)
    throw refused('it is too large')
  const seen = new Set<string>()
  const entries: ZipEntry[] = []
  let total = 0
  for (let index = 0; index < count; index++) {
    const entry = header(archive, at)
    at = entry.next
    if (entry.name.endsWith('/')) continue
    checkName(entry.name)
    if (seen.has(entry.name.toLowerCase())) throw refused('it has two files of one name')
    seen.add(entry.name.toLowerCase())
    total += entry.size
    if (total > LARGEST.all) throw refused('it is too large')
    const type = (entry.mode >> 12) & 0xf
    if (type !== 0 && type !== 8) throw refused('it has something in it that is no file')
    entries.push({
      name: entry.name,
      isProgram: (entry.mode & 0o111) !== 0,
      bytes: () => content(archive, entry),
    })
  }
  return entries
}

function header(archive: Buffer, at: number) {
  if (at + 46 > archive.length || archive.readUInt32LE(at) !== 0x02014b50)
    throw refused('it is damaged')
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
    archive.readUInt16LE(at + offset),
  ) as [number, number, number]
  if ((archive.readUInt16LE(at + 8) & 1) !== 0) throw refused('it is encrypted')
  return {
    name: archive.toString('utf8', at + 46, at + 46 + nameLength),
    method: archive.readUInt16LE(at + 10),
    packed: archive.readUInt32LE(at + 20),
    size: archive.readUInt32LE(at + 24),
    // Of the upper half, where the archive was made on a system with such modes.
    mode: archive.readUInt32LE(at + 38) >>> 16,
    local: archive.readUInt32LE(at + 42),
    next: at + 46 + nameLength + extraLength + commentLength,
  }
}

function content(
  archive: Buffer,
  { local, packed, size, method }: ReturnType<typeof header>,
): Buffer {
  if (local + 30 > archive.length || archive.readUInt32LE(local) !== 0x04034b50)
    throw refused('it is damaged')
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const raw = archive.subarray(start, start + packed)
  if (method === 0 && packed === size) return raw
  if (method !== 8) throw refused('it is packed in a way that is not known')
  try {
    const bytes = inflateRawSync(raw, { maxOutputLength: Math.max(1, size) })
    if (bytes.length === size) return bytes
  } catch {
    // Told below.
  }
  throw refused('it is damaged')
}

function checkName(name: string): void {
  const parts = name.split('/')
  if (
    /[\\\0:]/.test(name) ||
    name.startsWith('/') ||
    parts.includes('..') ||
    parts.includes('.') ||
    parts.includes('')
  )
    throw refused('a file in it leads out of it')
}

const refused = (why: string) =>
  new WarderError('server.import_invalid', `The bundle cannot be used: ${why}.`)
