import type { AccountView } from '../../../preload/contract/index.ts'
import { Button } from '../../parts/button.tsx'
import { visible } from '../../parts/format.ts'
import { useDoing } from '../../shell/doing.tsx'
import { needsPerson, ownName } from './account-words.ts'

/** What is asked of an account wherever it is shown. */
export function WhyButton({ account }: { account: AccountView }) {
  const { begin } = useDoing()
  return (
    <Button
      label={`Why is ${visible(account.account)} as it is`}
      onClick={() => begin({ what: 'why', account })}
    >
      Why?
    </Button>
  )
}

export function SignInButton({ account }: { account: AccountView }) {
  const { begin } = useDoing()
  return (
    <Button
      kind={needsPerson(account) ? 'primary' : 'plain'}
      label={`Sign in again as ${visible(account.account)}`}
      onClick={() => begin({ what: 'connect', server: account.server, account: ownName(account) })}
    >
      Sign in again
    </Button>
  )
}

export function RevokeButton({ account }: { account: AccountView }) {
  const { begin } = useDoing()
  return (
    <Button
      kind="danger"
      label={`Revoke ${visible(account.account)}`}
      disabled={account.state === 'revoking'}
      onClick={() => begin({ what: 'revoke', account })}
    >
      Revoke
    </Button>
  )
}
