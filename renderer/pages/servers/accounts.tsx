import type { AccountView } from '../../../preload/contract/index.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { hostOf } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'

const states: Record<AccountView['state'], [Tone, string]> = {
  connected: ['good', 'Connected'],
  'sign-in-needed': ['warn', 'Sign-in needed'],
  frozen: ['held', 'Frozen'],
  revoking: ['wait', 'Being revoked'],
}

/** What is no person's sign-in says so. */
const kinds: Record<AccountView['kind'], string | null> = {
  person: null,
  service: 'A service: nobody signed in',
  exchange: 'In exchange for the token of another account',
}

interface AccountsProps {
  accounts: AccountView[]
  onRevoke: (account: AccountView) => void
}

export function Accounts({ accounts, onRevoke }: AccountsProps) {
  if (accounts.length === 0) return null
  return (
    <ul className="accounts">
      {accounts.map((account) => (
        <Account key={account.account} account={account} onRevoke={() => onRevoke(account)} />
      ))}
    </ul>
  )
}

function Account({ account, onRevoke }: { account: AccountView; onRevoke: () => void }) {
  const [tone, words] = states[account.state]
  return (
    <li>
      <div className="account-name">
        <strong>{account.account}</strong>
        {kinds[account.kind] && <span className="quiet">{kinds[account.kind]}</span>}
        <span className="quiet">
          at {hostOf(account.issuer)}, since <Time at={account.connectedAt} />
        </span>
        <span className="quiet">
          {account.scopes.length === 0 ? 'No scopes named' : `May: ${account.scopes.join(', ')}`}
        </span>
        {account.withheld.length > 0 && (
          <span className="quiet">Asked for and not given: {account.withheld.join(', ')}</span>
        )}
        {account.bound === 'dpop' && (
          <span className="quiet">Its tokens work only with a key in the vault (DPoP)</span>
        )}
      </div>
      <Badge tone={tone}>{words}</Badge>
      <Button
        kind="danger"
        label={`Revoke ${account.account}`}
        disabled={account.state === 'revoking'}
        onClick={onRevoke}
      >
        Revoke
      </Button>
    </li>
  )
}
