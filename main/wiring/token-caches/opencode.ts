import path from 'node:path'
import { z } from 'zod'
import { cachedGrant, jsonOf, scopesOf } from './cached-grant.ts'
import type { CachedGrant, TokenCache } from './types.ts'

/** opencode: one object for all servers, by the name of the server. `expiresAt` is in seconds. */
export const opencode: TokenCache = {
  program: 'opencode',
  files: ({ home, env }) => [
    path.join(env.XDG_DATA_HOME || path.join(home, '.local', 'share'), 'opencode', 'mcp-auth.json'),
  ],
  read(file) {
    const { data } = z.record(z.string(), z.unknown()).safeParse(jsonOf(file.text))
    return Object.entries(data ?? {}).flatMap(([name, value]): CachedGrant[] => {
      const parsed = entrySchema.safeParse(value)
      if (!parsed.success) return []
      const { tokens, clientInfo, serverUrl } = parsed.data
      return [
        cachedGrant(file, {
          program: opencode.program,
          entry: [name],
          serverName: name,
          serverUrl: serverUrl ?? null,
          clientId: clientInfo?.clientId ?? null,
          clientSecret: clientInfo?.clientSecret ?? null,
          scopes: scopesOf(tokens.scope),
          accessToken: tokens.accessToken,
          refreshToken: tokens.refreshToken ?? null,
          expiresAt: tokens.expiresAt === undefined ? null : tokens.expiresAt * 1000,
        }),
      ]
    })
  },
}

const entrySchema = z.object({
  serverUrl: z.string().optional(),
  tokens: z.object({
    accessToken: z.string().min(1),
    refreshToken: z.string().min(1).optional(),
    expiresAt: z.number().optional(),
    scope: z.string().optional(),
  }),
  clientInfo: z.object({ clientId: z.string(), clientSecret: z.string().optional() }).optional(),
})
