import { useState } from 'react'
import type { AccountView } from '../../../preload/contract/index.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { hostOf, visible } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Time } from '../../parts/time.tsx'
import { WhyDialog } from './why-dialog.tsx'

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
  onSignIn: (account: AccountView) => void
}

export function Accounts({ accounts, onRevoke, onSignIn }: AccountsProps) {
  if (accounts.length === 0) return null
  return (
    <ul className="accounts">
      {accounts.map((account) => (
        <Account
          key={account.account}
          account={account}
          onRevoke={() => onRevoke(account)}
          onSignIn={() => onSignIn(account)}
        />
      ))}
    </ul>
  )
}

function Account(props: { account: AccountView; onRevoke: () => void; onSignIn: () => void }) {
  const { account, onRevoke, onSignIn } = props
  const [asking, setAsking] = useState(false)
  const [tone, words] = states[account.state]
  return (
    <li>
      <div className="account-name">
        <strong>{account.account}</strong>
        {kinds[account.kind] && <span className="quiet">{kinds[account.kind]}</span>}
        <span className="quiet">
          at {hostOf(account.issuer)}
          {account.organisation !== null && ` (${visible(account.organisation)})`}, since{' '}
          <Time at={account.connectedAt} />
        </span>
        <span className="quiet">
          {account.scopes.length === 0 ? 'No scopes named' : `May: ${account.scopes.join(', ')}`}
        </span>
        {account.unused === null && <span className="quiet">Used by: {usedBy(account)}</span>}
        {account.unused !== null && (
          <span className="quiet">
            <Prose text={account.unused} />
          </span>
        )}
        {account.withheld.length > 0 && (
          <span className="quiet">Asked for and not given: {account.withheld.join(', ')}</span>
        )}
        {account.bound === 'dpop' && (
          <span className="quiet">Its tokens work only with a key in the vault (DPoP)</span>
        )}
      </div>
      <Badge tone={tone}>{words}</Badge>
      <Button label={`Why is ${account.account} as it is`} onClick={() => setAsking(true)}>
        Why?
      </Button>
      <Button
        kind="danger"
        label={`Revoke ${account.account}`}
        disabled={account.state === 'revoking'}
        onClick={onRevoke}
      >
        Revoke
      </Button>
      {asking && (
        <WhyDialog
          account={account}
          onSignIn={() => {
            setAsking(false)
            onSignIn()
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  )
}

/** Where it is used, in words; nothing where another account was chosen everywhere. */
function usedBy({ usedBy: uses }: AccountView): string {
  if (uses.length === 0) return 'nobody, since others were chosen'
  return uses
    .map(({ client, folder }) => {
      const who = client === null ? 'clients without a choice' : visible(client)
      return folder === null ? who : `${who} in ${visible(folder)}`
    })
    .join(', ')
}
