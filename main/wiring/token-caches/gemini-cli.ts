import path from 'node:path'
import { z } from 'zod'
import { cachedGrant, jsonOf, scopesOf } from './cached-grant.ts'
import type { CachedGrant, TokenCache } from './types.ts'

/** Gemini CLI: one array for all servers. It can also keep them in a keychain or encrypted, which is not read here. */
export const geminiCli: TokenCache = {
  program: 'gemini-cli',
  files: ({ home }) => [path.join(home, '.gemini', 'mcp-oauth-tokens.json')],
  read(file) {
    const entries = z.array(z.unknown()).safeParse(jsonOf(file.text)).data ?? []
    return entries.flatMap((entry, index): CachedGrant[] => {
      const { data } = credentialsSchema.safeParse(entry)
      if (data === undefined) return []
      const { token } = data
      return [
        cachedGrant(file, {
          program: geminiCli.program,
          entry: [index],
          serverName: data.serverName,
          serverUrl: data.mcpServerUrl ?? null,
          tokenEndpoint: data.tokenUrl ?? null,
          clientId: data.clientId ?? null,
          scopes: scopesOf(token.scope),
          accessToken: token.accessToken,
          refreshToken: token.refreshToken ?? null,
          expiresAt: token.expiresAt ?? null,
        }),
      ]
    })
  },
}

const credentialsSchema = z.object({
  serverName: z.string(),
  mcpServerUrl: z.string().optional(),
  tokenUrl: z.string().optional(),
  clientId: z.string().optional(),
  token: z.object({
    accessToken: z.string().min(1),
    refreshToken: z.string().min(1).optional(),
    expiresAt: z.number().optional(),
    scope: z.string().optional(),
  }),
})
