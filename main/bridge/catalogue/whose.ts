import type { Asker } from '../../oauth/asker.ts'
import type { Grants } from '../../oauth/types.ts'
import { injections, type Server, secretsOf, signsIn } from '../../servers/servers.ts'
import { isRemote } from '../../store/config-schema.ts'
import type { NamedSecrets } from '../../vault/secrets.ts'
import type { Context } from './memory.ts'

/** In whose name a server is asked when this client asks, as far as it can be known without fetching anything. */
export type Whose = (server: Server, asker: Asker) => Context

/** @returns what throws where nobody is signed in (any more), or a secret is missing */
export function createWhose(options: {
  grants: Pick<Grants, 'chosen'>
  secrets: Pick<NamedSecrets, 'list'>
}): Whose {
  const { grants, secrets } = options
  return ({ name, definition }, asker) => {
    const own = isRemote(definition) && signsIn(definition) ? [name] : []
    const others = injections(definition).flatMap(({ from }) =>
      from.kind === 'grant' ? [from.server] : [],
    )
    const known = new Map(secrets.list().map((secret) => [secret.name, secret.setAt]))
    return {
      accounts: [...own, ...others].map((server) => {
        const { account, kind, scopes } = grants.chosen(server, asker)
        return { server, account, kind, scopes: [...scopes].sort() }
      }),
      secrets: secretsOf(definition).map((secret) => {
        const setAt = known.get(secret)
        if (setAt === undefined) throw new Error(`no secret ${secret}`)
        return { name: secret, setAt }
      }),
    }
  }
}
