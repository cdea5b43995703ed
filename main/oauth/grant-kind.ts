import { WarderError } from '../errors.ts'
import { grantKind } from '../servers/servers.ts'
import { type Config, isRemote } from '../store/config-schema.ts'
import type { Grant } from './types.ts'

type Servers = Config['servers']

/**
 * A definition may have been edited since its server was connected. What a service does is not done in a person's name,
 * what a person allowed for themselves is not what a service does, and neither is a token that was exchanged.
 *
 * @returns true as well where no definition is in force that could ask for another kind
 */
export function isOfKind(servers: Servers, { server, kind }: Pick<Grant, 'server' | 'kind'>) {
  const definition = Object.hasOwn(servers, server) ? servers[server] : undefined
  return definition === undefined || !isRemote(definition) || grantKind(definition) === kind
}

/** Why an account that is connected is used by nobody, for a person; null where its kind is no reason. */
export function unusedBecause(
  servers: Servers,
  grant: Pick<Grant, 'server' | 'account' | 'kind'>,
): string | null {
  if (isOfKind(servers, grant)) return null
  const { server, account, kind } = grant
  return `It is not used: ${is[kind]}, and the definition of ${server} now asks for something else. \`warder revoke ${server}/${account}\` ends it.`
}

const is: Record<Grant['kind'], string> = {
  person: 'a person signed in',
  service: 'Warder signed in as itself, a service',
  exchange: 'its token was got in exchange for one of another account',
}

export const connectedOtherwise = (server: string) =>
  new WarderError(
    'grant.sign_in_needed',
    `${server} was connected in another way than its definition says now; connect it again with \`warder connect ${server}\`.`,
    { details: { server, account: null } },
  )
