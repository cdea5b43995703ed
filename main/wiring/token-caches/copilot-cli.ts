import { readdirSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { cachedGrant, jsonOf, milliseconds, scopesOf } from './cached-grant.ts'
import type { CachedGrant, CacheFile, Surroundings, TokenCache } from './types.ts'

/** Copilot CLI, where it does not use the keychain: two files for each registration, named by a hash. */
export const copilotCli: TokenCache = { program: 'copilot-cli', files, read }

const suffix = '.tokens.json'

function files({ home, env }: Surroundings): string[] {
  const folder = path.join(env.COPILOT_HOME || path.join(home, '.copilot'), 'mcp-oauth-config')
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(suffix))
      .map((name) => path.join(folder, name))
  } catch {
    return []
  }
}

function read(file: CacheFile): CachedGrant[] {
  const parsed = tokensSchema.safeParse(jsonOf(file.text))
  if (!parsed.success) return []
  const { accessToken, refreshToken, expiresAt, scope } = parsed.data
  const about = `${path.basename(file.path).slice(0, -suffix.length)}.json`
  const registration = registrationSchema.safeParse(jsonOf(file.beside(about))).data
  return [
    cachedGrant(file, {
      program: copilotCli.program,
      serverUrl: registration?.serverUrl ?? null,
      issuer: registration?.authorizationServerUrl ?? null,
      clientId: registration?.clientId ?? null,
      clientSecret: registration?.clientSecret ?? null,
      scopes: scopesOf(scope),
      accessToken,
      refreshToken: refreshToken ?? null,
      expiresAt: expiresAt === undefined ? null : milliseconds(expiresAt),
      companions: registration === undefined ? [] : [path.join(path.dirname(file.path), about)],
    }),
  ]
}

const tokensSchema = z.object({
  accessToken: z.string().min(1),
  refreshToken: z.string().min(1).optional(),
  expiresAt: z.number().optional(),
  scope: z.string().optional(),
})

const registrationSchema = z.object({
  serverUrl: z.string().optional(),
  authorizationServerUrl: z.string().optional(),
  clientId: z.string().optional(),
  clientSecret: z.string().nullish(),
})
