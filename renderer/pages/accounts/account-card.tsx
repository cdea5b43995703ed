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
import { accountKinds, accountStates, usedBy } from '../servers/accounts.tsx'

/** One account whole: whose, where, for what, until when, and who uses it. */
export function AccountCard({ account }: { account: AccountView }) {
  const { begin } = useDoing()
  const [tone, words] = accountStates[account.state]
  const { server } = account
  const name = account.account.slice(server.length + 1)
  return (
    <li className="card" aria-label={visible(account.account)}>
      <div className="card-head">
        <span className="tile" data-tone={tone}>
          <Icon name="accounts" />
        </span>
        <div className="card-title">
          <h2>{visible(name)}</h2>
          <p className="quiet small">
            at {visible(hostOf(account.issuer))}
            {account.organisation !== null && `, ${visible(account.organisation)}`}, for {server}
          </p>
        </div>
        <Badge tone={tone}>{words}</Badge>
        <div className="card-tools">
          <Button
            label={`Why is ${visible(account.account)} as it is`}
            onClick={() => begin({ what: 'why', account })}
          >
            Why?
          </Button>
          <Button
            kind={account.state === 'sign-in-needed' ? 'primary' : 'plain'}
            label={`Sign in again as ${visible(account.account)}`}
            onClick={() => begin({ what: 'connect', server, account: name })}
          >
            Sign in again
          </Button>
          <Button
            kind="danger"
            label={`Revoke ${visible(account.account)}`}
            disabled={account.state === 'revoking'}
            onClick={() => begin({ what: 'revoke', account })}
          >
            Revoke
          </Button>
        </div>
      </div>
      {account.unused !== null && (
        <Note tone="warn">
          <Prose text={account.unused} />
        </Note>
      )}
      <Facts facts={factsOf(account)} />
    </li>
  )
}

function factsOf(account: AccountView) {
  const { accessTokenExpiresAt: expiry, refreshedAt, withheld } = account
  const kind = accountKinds[account.kind]
  return {
    ...(kind === null ? {} : { Kind: kind }),
    May: <Scopes scopes={account.scopes} none="No scopes named" />,
    ...(withheld.length === 0
      ? {}
      : { 'Asked for and not given': <Scopes scopes={withheld} none="" /> }),
    'Used by': usedBy(account),
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
