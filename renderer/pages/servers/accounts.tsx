import type { AccountView } from '../../../preload/contract/index.ts'
import { Badge } from '../../parts/badge.tsx'
import { hostOf, visible } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Time } from '../../parts/time.tsx'
import { RevokeButton, SignInButton, WhyButton } from '../accounts/account-buttons.tsx'
import { accountKinds, accountStates, needsPerson } from '../accounts/account-words.ts'

/** The accounts of one server, each in a line or two; the page of accounts says more. */
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
        {account.unused !== null && (
          <span className="quiet">
            <Prose text={account.unused} />
          </span>
        )}
      </div>
      <Badge tone={tone}>{words}</Badge>
      {needsPerson(account) && <SignInButton account={account} />}
      <WhyButton account={account} />
      <RevokeButton account={account} />
    </li>
  )
}
