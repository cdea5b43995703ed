import { useEffect, useRef } from 'react'
import { Button } from '../../parts/button.tsx'
import { CopyField } from '../../parts/copy-field.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Facts } from '../../parts/facts.tsx'
import { visible } from '../../parts/format.ts'
import { Note } from '../../parts/note.tsx'
import { type Flow, useSignIn } from './sign-in.ts'

/** A sign-in: who asks, at which host, for what, while the person is at the provider's page. */
export function ConnectDialog({ server, onClose }: { server: string; onClose: () => void }) {
  const { start, finish } = useSignIn(server)
  const started = useRef(false)
  useEffect(() => {
    if (started.current) return
    started.current = true
    start.mutate(true)
  }, [start.mutate])

  const error = start.error ?? finish.error
  const over = finish.isSuccess || error !== null
  return (
    <Dialog
      title={finish.isSuccess ? `${server} is connected` : `Sign in to ${server}`}
      onClose={onClose}
      actions={
        <>
          {error?.code === 'oauth.browser_failed' && (
            <Button onClick={() => start.mutate(false)}>Show the link instead</Button>
          )}
          <Button first kind={over ? 'primary' : 'plain'} onClick={onClose}>
            {error !== null ? 'Close' : over ? 'Done' : 'Cancel'}
          </Button>
        </>
      }
    >
      {start.isPending && <p className="quiet">Asking {server} where to sign in…</p>}
      {start.data && !over && <Waiting flow={start.data} byHand={start.variables === false} />}
      {finish.data && (
        <Note tone="good" title={finish.data.account}>
          Warder found this account and keeps its tokens. If it is not the one you meant, revoke it.
        </Note>
      )}
      <ErrorNote error={error} />
    </Dialog>
  )
}

function Waiting({ flow, byHand }: { flow: Flow; byHand: boolean }) {
  return (
    <>
      <p>
        {byHand
          ? 'Open this link in a browser on this computer.'
          : 'Your browser was asked to open the page of the provider.'}{' '}
        Go on only if the address bar there names the site <strong>{visible(flow.host)}</strong>.
      </p>
      <Facts
        facts={{
          Host: <code>{visible(flow.host)}</code>,
          Issuer: <code>{visible(flow.issuer)}</code>,
          'Asks for':
            flow.scopes.length === 0 ? 'no scopes by name' : <Scopes scopes={flow.scopes} />,
        }}
      />
      {byHand && <CopyField label="Link" value={flow.url} />}
      <p className="quiet waiting" role="status">
        Waiting for you to finish there
      </p>
    </>
  )
}

function Scopes({ scopes }: { scopes: string[] }) {
  return (
    <ul className="scopes">
      {scopes.map((scope) => (
        <li key={scope}>
          <code>{visible(scope)}</code>
        </li>
      ))}
    </ul>
  )
}
