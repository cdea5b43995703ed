import path from 'node:path'
import { z } from 'zod'
import { cachedGrant, jsonOf, scopesOf } from './cached-grant.ts'
import type { CachedGrant, TokenCache } from './types.ts'

/**
 * Claude Code, where it does not use the keychain (Linux, Windows): `mcpOAuth` of its credentials file. The same file
 * holds its user's own sign-in at Anthropic, which is none of our business.
 */
export const claudeCode: TokenCache = {
  program: 'claude-code',
  files: ({ home, env }) => [
    path.join(env.CLAUDE_CONFIG_DIR || path.join(home, '.claude'), '.credentials.json'),
  ],
  read(file) {
    const { data } = fileSchema.safeParse(jsonOf(file.text))
    return Object.entries(data?.mcpOAuth ?? {}).flatMap(([key, value]): CachedGrant[] => {
      const parsed = entrySchema.safeParse(value)
      if (!parsed.success) return []
      const entry = parsed.data
      if (!entry.accessToken && !entry.refreshToken) return []
      return [
        cachedGrant(file, {
          program: claudeCode.program,
          entry: ['mcpOAuth', key],
          serverName: entry.serverName ?? key.split('|')[0] ?? null,
          serverUrl: entry.serverUrl ?? null,
          issuer: entry.discoveryState?.authorizationServerUrl ?? null,
          clientId: entry.clientId ?? null,
          clientSecret: entry.clientSecret ?? null,
          scopes: scopesOf(entry.scope),
          accessToken: entry.accessToken || null,
          refreshToken: entry.refreshToken || null,
          expiresAt: entry.expiresAt || null,
        }),
      ]
    })
  },
}

const fileSchema = z.object({ mcpOAuth: z.record(z.string(), z.unknown()) })

const entrySchema = z.object({
  serverName: z.string().optional(),
  serverUrl: z.string().optional(),
  clientId: z.string().optional(),
  clientSecret: z.string().optional(),
  accessToken: z.string().optional(),
  refreshToken: z.string().optional(),
  expiresAt: z.number().optional(),
  scope: z.string().optional(),
  discoveryState: z.object({ authorizationServerUrl: z.string().optional() }).optional(),
})
