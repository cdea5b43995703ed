import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import path from 'node:path'
import { claudeCode } from './claude-code.ts'
import { copilotCli } from './copilot-cli.ts'
import { geminiCli } from './gemini-cli.ts'
import { mcpRemote } from './mcp-remote.ts'
import { opencode } from './opencode.ts'
import type { CachedGrant, Surroundings, TokenCache } from './types.ts'

/** Every program whose way of keeping tokens is known. */
export const tokenCaches: readonly TokenCache[] = [
  mcpRemote,
  claudeCode,
  geminiCli,
  opencode,
  copilotCli,
]

/** Bytes; a token file is a few hundred, one for many servers a few thousand. */
const LARGEST = 1024 * 1024
/** Folders of token files grow by a file per sign-in. */
const MOST_FILES = 1000

/** Reads the token files of other programs. A file that cannot be read, or is of another form, holds nothing for us. */
export function findCachedGrants(where: Surroundings): CachedGrant[] {
  return tokenCaches.flatMap((cache) =>
    cache
      .files(where)
      .slice(0, MOST_FILES)
      .flatMap((file) => readOne(cache, file)),
  )
}

function readOne(cache: TokenCache, file: string): readonly CachedGrant[] {
  const opened = readOwn(file)
  if (opened === null) return []
  const { text, about } = opened
  return cache.read({
    path: file,
    text,
    writtenAt: Math.floor(about.mtimeMs),
    readableByOthers: process.platform !== 'win32' && (about.mode & 0o044) !== 0,
    beside: (name) => readOwn(path.join(path.dirname(file), name))?.text ?? null,
  })
}

/** A regular file of this user, no link and no pipe: what others put there is neither read nor, later, overwritten. */
export function readOwn(file: string): { readonly text: string; readonly about: Stats } | null {
  let descriptor: number
  try {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch {
    return null
  }
  try {
    const about = fstatSync(descriptor)
    if (!about.isFile() || !isOurs(about) || about.size > LARGEST) return null
    return { text: readFileSync(descriptor, 'utf8'), about }
  } catch {
    return null
  } finally {
    closeSync(descriptor)
  }
}

const isOurs = ({ uid }: Stats) => process.getuid === undefined || uid === process.getuid()
