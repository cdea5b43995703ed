import { createHash } from 'node:crypto'
import { lstatSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { cachedGrant, jsonOf, milliseconds, scopesOf } from './cached-grant.ts'
import type { CachedGrant, CacheFile, Surroundings, TokenCache } from './types.ts'

/**
 * mcp-remote: a folder per version under `~/.mcp-auth`, and in it files for each server, named by the MD5 of its URL and
 * of what else the command line said. `expires_at` is of newer ones, in milliseconds; older ones wrote only `expires_in`.
 */
export const mcpRemote: TokenCache = { program: 'mcp-remote', files, read }

const suffix = '_tokens.json'

const tokensSchema = z.object({
  access_token: z.string().min(1).optional(),
  refresh_token: z.string().min(1).optional(),
  scope: z.string().optional(),
  expires_at: z.coerce.number().optional(),
  expires_in: z.coerce.number().optional(),
  issuer: z.string().optional(),
})

const clientSchema = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  token_endpoint_auth_method: z.string().optional(),
  issuer: z.string().optional(),
})

function files({ home, env }: Surroundings): string[] {
  const base = env.MCP_REMOTE_CONFIG_DIR || path.join(home, '.mcp-auth')
  return foldersIn(base)
    .filter((name) => name.startsWith('mcp-remote'))
    .flatMap((name) => namesIn(path.join(base, name)).map((file) => path.join(base, name, file)))
    .filter((file) => file.endsWith(suffix))
}

function read(file: CacheFile): CachedGrant[] {
  const parsed = tokensSchema.safeParse(jsonOf(file.text))
  if (!parsed.success) return []
  const { access_token, refresh_token, scope, issuer } = parsed.data
  if (access_token === undefined && refresh_token === undefined) return []
  const hash = path.basename(file.path).slice(0, -suffix.length)
  const clientFile = `${hash}_client_info.json`
  const client = clientSchema.safeParse(jsonOf(file.beside(clientFile))).data
  return [
    cachedGrant(file, {
      program: mcpRemote.program,
      // What it was authorized at; the client's own is of its registration, which may be older.
      issuer: issuer ?? client?.issuer ?? null,
      clientId: client?.client_id ?? null,
      clientSecret: client?.client_secret ?? null,
      authMethod: client?.token_endpoint_auth_method ?? null,
      scopes: scopesOf(scope),
      accessToken: access_token ?? null,
      refreshToken: refresh_token ?? null,
      expiresAt: expiry(parsed.data, file.writtenAt),
      isOf: (url) => spellings(url).some((one) => md5(one) === hash),
      companions: client === undefined ? [] : [path.join(path.dirname(file.path), clientFile)],
    }),
  ]
}

function expiry(tokens: z.output<typeof tokensSchema>, writtenAt: number): number | null {
  if (tokens.expires_at !== undefined) return milliseconds(tokens.expires_at)
  return tokens.expires_in === undefined ? null : writtenAt + tokens.expires_in * 1000
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** As people write it on a command line, and as a parser writes it. */
const spellings = (url: string) => [url, URL.parse(url)?.href ?? url, url.replace(/\/$/, '')]

const foldersIn = (folder: string) =>
  namesIn(folder).filter((name) => lstatSync(path.join(folder, name)).isDirectory())

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
