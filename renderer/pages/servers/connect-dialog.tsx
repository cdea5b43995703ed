import { useState } from 'react'
import type { ContractError } from '../../../preload/contract/index.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Facts } from '../../parts/facts.tsx'
import { visible } from '../../parts/format.ts'
import { Note } from '../../parts/note.tsx'
import { Scopes } from '../../parts/scopes.tsx'
import { DeviceCode, OfferCode } from './device-code.tsx'
import { LinkByHand } from './link-by-hand.tsx'
import { NameAccount } from './name-account.tsx'
import { issuersToChoose, OtherIssuers } from './other-issuers.tsx'
import { PasteAddress } from './paste-address.tsx'
import { type Flow, type SignIn, useSignIn } from './sign-in.ts'

/** A sign-in: who asks, at which host, for what, and only then the provider's page in the browser. */
export function ConnectDialog(props: {
  server: string
  account?: string
  scopes?: string[]
  onClose: () => void
}) {
  const [{ method, issuer }, choose] = useState<Way>({ method: 'browser', issuer: undefined })
  // Another way, or another provider, is another sign-in: the first one is given up when its steps go away.
  return (
    <Steps
      key={`${method} ${issuer}`}
      {...props}
      method={method}
      issuer={issuer}
      onCode={() => choose({ method: 'device', issuer })}
      onIssuer={(other) => choose({ method, issuer: other })}
    />
  )
}

interface Way {
  method: 'browser' | 'device'
  /** Chosen by the person among those that the server takes. */
  issuer: string | undefined
}

interface StepsProps extends Way {
  server: string
  account?: string
  scopes?: string[]
  onCode: () => void
  onIssuer: (issuer: string) => void
  onClose: () => void
}

function Steps({ onCode, onIssuer, onClose, ...wanted }: StepsProps) {
  const { server } = wanted
  const { signIn, openBrowser } = useSignIn(wanted)
  return (
    <Dialog
      title={signIn.at === 'connected' ? `${server} is connected` : `Sign in to ${server}`}
      onClose={onClose}
      actions={<Actions signIn={signIn} onOpen={openBrowser} onClose={onClose} />}
    >
      {signIn.at === 'preparing' && <p className="quiet">Asking {server} where to sign in…</p>}
      {signIn.at === 'asking' && <Asking flow={signIn.flow} onCode={onCode} onIssuer={onIssuer} />}
      {signIn.at === 'waiting' && <Waiting {...signIn} />}
      {signIn.at === 'code' && (
        <>
          <Asked flow={signIn.flow} />
          <DeviceCode flow={signIn.flow} />
        </>
      )}
      {signIn.at === 'connected' && <Connected {...signIn} />}
      {signIn.at === 'failed' && <Failed error={signIn.error} onIssuer={onIssuer} />}
    </Dialog>
  )
}

function Failed({ error, onIssuer }: { error: ContractError; onIssuer: (one: string) => void }) {
  return (
    <>
      <ErrorNote error={error} />
      <OtherIssuers issuers={issuersToChoose(error)} onChoose={onIssuer} />
    </>
  )
}

function Connected({ flow, account }: Extract<SignIn, { at: 'connected' }>) {
  return (
    <>
      <Note tone="good" title={visible(account.account)}>
        {account.kind === 'person'
          ? 'Warder found this account and keeps its tokens. If it is not the one you meant, revoke it.'
          : 'Nobody had to sign in. Warder gets its tokens by itself until you revoke it.'}
      </Note>
      {account.insteadOf !== null && (
        <Note tone="warn" title={`It is not ${visible(account.insteadOf)}`}>
          You signed in as somebody else, so this is another account. The one that you meant is as
          it was.
        </Note>
      )}
      {account.withheld.length > 0 && (
        <Note tone="warn" title="Asked for and not given">
          {account.withheld.map(visible).join(', ')}. Calls that need it will say so.
        </Note>
      )}
      {account.named === 'nobody' && <NameAccount flow={flow} account={account.account} />}
    </>
  )
}

function Actions(props: { signIn: SignIn; onOpen: () => void; onClose: () => void }) {
  const { signIn, onOpen, onClose } = props
  switch (signIn.at) {
    case 'asking':
      return (
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button first kind="primary" busy={signIn.opening} onClick={onOpen}>
            Open browser
          </Button>
        </>
      )
    case 'connected':
    case 'failed':
      return (
        <Button first kind="primary" onClick={onClose}>
          {signIn.at === 'connected' ? 'Done' : 'Close'}
        </Button>
      )
    case 'preparing':
      return (
        <Button first onClick={onClose}>
          Cancel
        </Button>
      )
    case 'waiting':
    case 'code':
      return <Button onClick={onClose}>Cancel</Button>
  }
}

interface AskingProps {
  flow: Flow
  onCode: () => void
  onIssuer: (issuer: string) => void
}

function Asking({ flow, onCode, onIssuer }: AskingProps) {
  return (
    <>
      <p>
        Your browser will open a page of <strong>{visible(flow.host)}</strong>. You sign in there,
        and Warder never sees your password.
      </p>
      <Asked flow={flow} />
      <OtherIssuers issuers={flow.otherIssuers} onChoose={onIssuer} />
      {flow.deviceOffered && <OfferCode onChoose={onCode} />}
    </>
  )
}

function Waiting({ flow, noBrowser }: Extract<SignIn, { at: 'waiting' }>) {
  return (
    <>
      <ErrorNote error={noBrowser} />
      <p>
        {noBrowser === null
          ? 'Your browser was asked to open the page of the provider.'
          : 'Open this link in any browser.'}{' '}
        Go on only if the address bar there names the site <strong>{visible(flow.host)}</strong>.
      </p>
      <Asked flow={flow} />
      <LinkByHand flow={flow} opened={noBrowser === null} />
      <PasteAddress flow={flow.flow} />
      <p className="quiet waiting" role="status">
        Waiting for you to finish there
      </p>
    </>
  )
}

/** Who asks for what. */
function Asked({ flow: { host, issuer, scopes } }: { flow: Flow }) {
  return (
    <Facts
      facts={{
        Host: <code>{visible(host)}</code>,
        Issuer: <code>{visible(issuer)}</code>,
        'Asks for': (
          <Scopes scopes={scopes} none="nothing by name: the provider decides what it gives" />
        ),
      }}
    />
  )
}
