import { WarderError } from '../../errors.ts'
import type { KnownSecrets } from '../../vault/known-secrets.ts'
import { findCachedGrants } from './find.ts'
import type { CachedGrant } from './types.ts'

/** What other programs of this user keep in plain files, read anew at each look. */
export interface TokenCaches {
  list(): CachedGrant[]
  /** @throws WarderError `import.unknown` */
  find(id: string): CachedGrant
}

export function openTokenCaches(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly knownSecrets: KnownSecrets
}): TokenCaches {
  const { env, knownSecrets } = options
  const { platform } = process
  const home = platform === 'win32' ? env.USERPROFILE : env.HOME

  function list(): CachedGrant[] {
    const found = home ? findCachedGrants({ home, env, platform }) : []
    for (const { id, program, accessToken, refreshToken, clientSecret } of found) {
      const note = (what: string, value: string | null) => {
        // One program has tokens for many servers at once.
        if (value !== null) knownSecrets.add(`import:${program} ${what}`, value, `${id} ${what}`)
      }
      note('access token', accessToken)
      note('refresh token', refreshToken)
      note('client secret', clientSecret)
    }
    return found
  }

  return {
    list,
    find(id) {
      const found = list().find((one) => one.id === id)
      if (found !== undefined) return found
      throw new WarderError('import.unknown', `There is no token file with the ID ${id}.`)
    },
  }
}

/** Something could be done with it still: it can be renewed, or is not over. */
export const isLive = ({ refreshToken, expiresAt }: CachedGrant, now: number): boolean =>
  refreshToken !== null || expiresAt === null || expiresAt > now
