import { useQuery } from '@tanstack/react-query'
import type { AccountView, ContractError, WhyView } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Facts } from '../../parts/facts.tsx'
import { visible } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Time } from '../../parts/time.tsx'

interface WhyDialogProps {
  account: AccountView
  onSignIn: () => void
  onClose: () => void
}

/** What an account is, and how that came about: the answer to "Why was I signed out?". */
export function WhyDialog({ account, onSignIn, onClose }: WhyDialogProps) {
  const api = useApi()
  const why = useQuery<WhyView, ContractError>({
    // Below its area: whatever happens to an account is seen at once.
    queryKey: ['accounts', 'why', account.account],
    queryFn: () => api.call('accounts:why', { account: account.account }),
  })
  return (
    <Dialog
      title={`Why ${visible(account.account)} is as it is`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onSignIn} label={`Sign in again as ${visible(account.account)}`}>
            Sign in again
          </Button>
          <Button first kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <ErrorNote error={why.error} />
      {why.data && <Answer why={why.data} />}
      <About account={account} />
      {why.data && <Entries entries={why.data.entries} />}
    </Dialog>
  )
}

function Answer({ why: { sentences, mend, quirks } }: { why: WhyView }) {
  return (
    <>
      {sentences.map((sentence) => (
        <p key={sentence}>{visible(sentence)}</p>
      ))}
      {mend !== null && (
        <p>
          What mends it: <Prose text={mend} />
        </p>
      )}
      {quirks.map(({ name, meaning }) => (
        <p className="quiet" key={name}>
          Exception {name}: {meaning}
        </p>
      ))}
    </>
  )
}

function About({ account }: { account: AccountView }) {
  const { accessTokenExpiresAt: expiry, subject } = account
  return (
    <Facts
      facts={{
        May: account.scopes.length === 0 ? 'no scopes named' : visible(account.scopes.join(', ')),
        'Signed in': <Time at={account.connectedAt} />,
        'Token lasts until': expiry === null ? 'the provider does not say' : <Time at={expiry} />,
        'Known there as': subject === null ? 'nobody by name' : <code>{visible(subject)}</code>,
      }}
    />
  )
}

function Entries({ entries }: { entries: WhyView['entries'] }) {
  return (
    <ol className="ledger" aria-label="What happened, newest first">
      {entries.map((entry) => (
        <li key={`${entry.at} ${entry.text}`}>
          <Time at={entry.at} />
          <span>{visible(entry.text)}</span>
        </li>
      ))}
    </ol>
  )
}
