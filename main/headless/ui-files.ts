import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { WarderError } from '../errors.ts'

export interface UiFile {
  type: string
  body: Buffer
}

/** The page as it was built, in memory: what is not in this list does not exist, whatever the path looks like. */
export interface UiFiles {
  /** @param target the request target as it came, not decoded */
  find(target: string): UiFile | undefined
  /** The page itself, with the bearer of a new session or without one. */
  page(bearer?: string): string
  /** The page that asks for the passphrase, for a window of the desktop. */
  readonly vault: string
}

/** Content types by extension. Source maps and anything else are not served. */
const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** The place in index.html where the bearer goes; the page takes it from there and removes the element. */
const placeholder = '<meta name="warder-session" content="" />'

/** @throws WarderError `ui.missing` when the folder does not hold the built page */
export async function readUiFiles(folder: string): Promise<UiFiles> {
  const html = await readFile(path.join(folder, 'index.html'), 'utf8').catch(missing)
  const vault = await readFile(path.join(folder, 'vault.html'), 'utf8').catch(missing)
  const [head, tail] = html.split(placeholder)
  if (head === undefined || tail === undefined) return missing()

  const files = new Map<string, UiFile>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const type = types[path.extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const file = path.join(entry.parentPath, entry.name)
    const target = `/${path.relative(folder, file).replaceAll(path.sep, '/')}`
    files.set(target, { type, body: await readFile(file) })
  }
  return {
    vault,
    find: (target) => files.get(target),
    page: (bearer = '') =>
      `${head}${placeholder.replace('content=""', `content="${bearer}"`)}${tail}`,
  }
}

function missing(cause?: unknown): never {
  throw new WarderError('ui.missing', 'The files of the window were not built.', { cause })
}
