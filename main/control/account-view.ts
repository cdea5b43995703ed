import type { AccountView } from '../../preload/contract/index.ts'
import { unusedBecause } from '../oauth/grant-kind.ts'
import type { Grant } from '../oauth/types.ts'
import { isRemote } from '../store/config-schema.ts'
import { usesOf } from './account-choices.ts'
import type { ControlHouse } from './house.ts'
import { revokeWarning } from './revoke-warning.ts'
import { accountView } from './views.ts'

/** An account, together with what the configuration in force says of it. */
export function accountInUse(
  { config, grants }: Pick<ControlHouse, 'config' | 'grants'>,
  grant: Grant,
): AccountView {
  const current = config.current()
  const definition = current.servers[grant.server]
  return accountView(grant, {
    revokeWarning: revokeWarning(current, grant),
    unused: unusedBecause(current.servers, grant),
    usedBy: usesOf(current, grants.list(), grant),
    lacking: grants
      .lacking(grant)
      .map(({ scope, operations }) => ({ scope, operations: [...operations] })),
    scopesFixed:
      definition !== undefined && isRemote(definition) && definition.oauth?.scopes !== undefined,
  })
}
