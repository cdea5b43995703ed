import type { AccountView } from '../../../preload/contract/index.ts'
import type { Tone } from '../../parts/badge.tsx'
import { visible } from '../../parts/format.ts'

export const accountStates: Record<AccountView['state'], [Tone, string]> = {
  connected: ['good', 'Connected'],
  'sign-in-needed': ['warn', 'Sign-in needed'],
  frozen: ['held', 'Frozen'],
  revoking: ['wait', 'Being revoked'],
}

/** What is no person's sign-in says so. */
export const accountKinds: Record<AccountView['kind'], string | null> = {
  person: null,
  service: 'A service: nobody signed in',
  exchange: 'In exchange for the token of another account',
}

/** Nothing goes on with it until somebody signs in. */
export const needsPerson = ({ state }: AccountView) =>
  state === 'sign-in-needed' || state === 'frozen'

/** Its name at its server, as `accounts:connect` takes it. */
export const ownName = ({ account, server }: AccountView) => account.slice(server.length + 1)

/** Where it was chosen, in words; nothing where another account was chosen everywhere. */
export function chosenFor({ usedBy: uses }: AccountView): string {
  if (uses.length === 0) return 'nobody, since others were chosen'
  return uses
    .map(({ client, folder }) => {
      const who = client === null ? 'clients without a choice' : visible(client)
      return folder === null ? who : `${who} in ${visible(folder)}`
    })
    .join(', ')
}
