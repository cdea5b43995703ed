import type { AccountView } from '../../../preload/contract/index.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { hostOf, visible } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Time } from '../../parts/time.tsx'
import { useDoing } from '../../shell/doing.tsx'

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

/** The accounts of one server, each in a few lines; the page of accounts says more. */
export function Accounts({ accounts }: { accounts: AccountView[] }) {
  if (accounts.length === 0) return null
  return (
    <ul className="accounts">
      {accounts.map((account) => (
        <Account key={account.account} account={account} />
      ))}
    </ul>
  )
}

function Account({ account }: { account: AccountView }) {
  const { begin } = useDoing()
  const [tone, words] = accountStates[account.state]
  return (
    <li>
      <div className="account-name">
        <strong>{visible(account.account)}</strong>
        {accountKinds[account.kind] && <span className="quiet">{accountKinds[account.kind]}</span>}
        <span className="quiet">
          at {visible(hostOf(account.issuer))}
          {account.organisation !== null && ` (${visible(account.organisation)})`}, since{' '}
          <Time at={account.connectedAt} />
        </span>
        <span className="quiet">
          {account.scopes.length === 0
            ? 'No scopes named'
            : `May: ${account.scopes.map(visible).join(', ')}`}
        </span>
        {account.unused === null && <span className="quiet">Used by: {usedBy(account)}</span>}
        {account.unused !== null && (
          <span className="quiet">
            <Prose text={account.unused} />
          </span>
        )}
        {account.withheld.length > 0 && (
          <span className="quiet">
            Asked for and not given: {account.withheld.map(visible).join(', ')}
          </span>
        )}
        {account.bound === 'dpop' && (
          <span className="quiet">Its tokens work only with a key in the vault (DPoP)</span>
        )}
      </div>
      <Badge tone={tone}>{words}</Badge>
      <Button
        label={`Why is ${visible(account.account)} as it is`}
        onClick={() => begin({ what: 'why', account })}
      >
        Why?
      </Button>
      <Button
        kind="danger"
        label={`Revoke ${visible(account.account)}`}
        disabled={account.state === 'revoking'}
        onClick={() => begin({ what: 'revoke', account })}
      >
        Revoke
      </Button>
    </li>
  )
}

/** Where it is used, in words; nothing where another account was chosen everywhere. */
export function usedBy({ usedBy: uses }: AccountView): string {
  if (uses.length === 0) return 'nobody, since others were chosen'
  return uses
    .map(({ client, folder }) => {
      const who = client === null ? 'clients without a choice' : visible(client)
      return folder === null ? who : `${who} in ${visible(folder)}`
    })
    .join(', ')
}
