import type { AccountView } from '../../../preload/contract/index.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Facts } from '../../parts/facts.tsx'
import { hostOf, visible } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Note } from '../../parts/note.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Scopes } from '../../parts/scopes.tsx'
import { Time } from '../../parts/time.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { RevokeButton, SignInButton, WhyButton } from './account-buttons.tsx'
import { accountKinds, accountStates, chosenFor, ownName } from './account-words.ts'
import { UsedBy } from './used-by.tsx'

/** One account whole: whose, where, for what, until when, and who uses it. */
export function AccountCard({ account }: { account: AccountView }) {
  const { begin } = useDoing()
  const [tone, words] = accountStates[account.state]
  const { server } = account
  return (
    <li className="card" aria-label={visible(account.account)}>
      <div className="card-head">
        <span className="tile" data-tone={tone}>
          <Icon name="accounts" />
        </span>
        <div className="card-title">
          <h2>{visible(ownName(account))}</h2>
          <p className="quiet small">
            at {visible(hostOf(account.issuer))}
            {account.organisation !== null && `, ${visible(account.organisation)}`}, for {server}
          </p>
        </div>
        <Badge tone={tone}>{words}</Badge>
        <div className="card-tools">
          <WhyButton account={account} />
          {account.kind === 'person' && (
            <Button
              label={`Ask for more for ${visible(account.account)}`}
              disabled={account.state === 'revoking'}
              onClick={() => begin({ what: 'step-up', account })}
            >
              Ask for more
            </Button>
          )}
          <SignInButton account={account} />
          <RevokeButton account={account} />
        </div>
      </div>
      {account.unused !== null && (
        <Note tone="warn">
          <Prose text={account.unused} />
        </Note>
      )}
      {account.lacking.length > 0 && (
        <Note tone="warn" title="Calls were refused for want of more">
          {lackingInWords(account)}
        </Note>
      )}
      <Facts facts={factsOf(account)} />
    </li>
  )
}

/** `For the tool send_mail it lacks mail:send.` */
const lackingInWords = ({ lacking }: AccountView) =>
  lacking
    .map(({ scope, operations }) => {
      const calls = operations.map(visible).join(' and ')
      return `For ${calls} it lacks ${visible(scope)}.`
    })
    .join(' ')

function factsOf(account: AccountView) {
  const { accessTokenExpiresAt: expiry, refreshedAt, withheld } = account
  const kind = accountKinds[account.kind]
  return {
    ...(kind === null ? {} : { Kind: kind }),
    May: <Scopes scopes={account.scopes} none="No scopes named" />,
    ...(withheld.length === 0
      ? {}
      : { 'Asked for and not given': <Scopes scopes={withheld} none="" /> }),
    'Chosen for': chosenFor(account),
    'Used by': <UsedBy account={account.account} />,
    'Signed in': <Time at={account.connectedAt} />,
    ...(refreshedAt === null ? {} : { Renewed: <Time at={refreshedAt} /> }),
    'Token lasts': expiry === null ? 'the provider does not say' : <Time at={expiry} />,
    Renewal: account.renewable
      ? 'by itself, ahead of the end'
      : 'none: you sign in again when it is over',
    ...(account.bound === 'dpop'
      ? { Bound: 'its tokens work only with a key in the vault (DPoP)' }
      : {}),
    Issuer: <code>{visible(account.issuer)}</code>,
    Resource: <code>{visible(account.resource)}</code>,
  }
}
