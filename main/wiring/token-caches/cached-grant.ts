import { createHash } from 'node:crypto'
import type { CachedGrant, CacheFile } from './types.ts'

type Found = Pick<CachedGrant, 'program' | 'accessToken' | 'refreshToken'> & Partial<CachedGrant>

/** A grant of a cache file, with what its program does not say left open. */
export function cachedGrant(file: CacheFile, found: Found): CachedGrant {
  const { serverUrl = null, serverName = null, entry = [] } = found
  return {
    // By name where there is one: the place in an array moves when another entry goes.
    id: cachedGrantId(found.program, file.path, serverName ?? entry.join('/')),
    file: file.path,
    entry,
    companions: [],
    serverName,
    serverUrl,
    isOf: (url) => url === serverUrl,
    issuer: null,
    tokenEndpoint: null,
    clientId: null,
    clientSecret: null,
    authMethod: null,
    scopes: [],
    expiresAt: null,
    writtenAt: file.writtenAt,
    readableByOthers: file.readableByOthers,
    ...found,
  }
}

function cachedGrantId(program: string, file: string, entry: string): string {
  return createHash('sha256')
    .update(JSON.stringify([program, file, entry]))
    .digest('hex')
    .slice(0, 12)
}

/** Programs, and versions of one, differ in the unit; no date of ours is that small, or that large. */
export const milliseconds = (instant: number) => (instant < 1e11 ? instant * 1000 : instant)

/** RFC 6749 §3.3, as files hold it. */
export const scopesOf = (scope: string | undefined): string[] =>
  scope === undefined ? [] : scope.split(' ').filter((one) => one !== '')

/** @returns undefined where the text is not JSON */
export function jsonOf(text: string | null): unknown {
  if (text === null) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
