import { useState } from 'react'
import type { AccountView, ServerView } from '../../../preload/contract/index.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { visible } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Prose } from '../../parts/prose.tsx'
import { AccountChooser } from '../account-chooser.tsx'
import { Accounts } from './accounts.tsx'
import { ConnectDialog } from './connect-dialog.tsx'
import { Injects } from './injects.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'

const states: Record<ServerView['state'], [Tone, string]> = {
  ready: ['good', 'Ready'],
  'sign-in-needed': ['warn', 'Sign-in needed'],
  held: ['held', 'Waits for approval'],
  error: ['bad', 'Failed'],
}

export function ServerCard(props: { server: ServerView; accounts: AccountView[] }) {
  const { server, accounts } = props
  const [connecting, setConnecting] = useState<{ account?: string }>()
  // Kept here: the account leaves the list while its receipt is still on the screen.
  const [revoking, setRevoking] = useState<AccountView>()
  const [tone, words] = states[server.state]
  return (
    <li className="card" aria-label={server.name}>
      <div className="card-head">
        <h2>{server.name}</h2>
        <Badge tone={tone}>{words}</Badge>
        {signsIn(server) && (
          <Button
            kind={server.state === 'sign-in-needed' ? 'primary' : 'plain'}
            label={`Connect ${server.name}`}
            onClick={() => setConnecting({})}
          >
            {accounts.length === 0 ? 'Connect' : 'Connect another account'}
          </Button>
        )}
      </div>
      <p className="where">
        <Icon name={server.kind} />
        <span className="quiet">{server.kind === 'remote' ? 'Remote' : 'On this computer'}</span>
        <code>{whereOf(server)}</code>
      </p>
      {server.message && (
        <p className="message">
          <Prose text={server.message} />
        </p>
      )}
      <Injects server={server} />
      {signsIn(server) && (
        <Accounts
          accounts={accounts}
          onRevoke={setRevoking}
          onSignIn={({ account }) =>
            setConnecting({ account: account.slice(server.name.length + 1) })
          }
        />
      )}
      {(accounts.length > 1 || server.choice !== null) && (
        <AccountChooser
          server={server.name}
          accounts={accounts}
          choice={server.choice ?? undefined}
        />
      )}
      {connecting && (
        <ConnectDialog
          server={server.name}
          {...connecting}
          onClose={() => setConnecting(undefined)}
        />
      )}
      {revoking && <RevokeDialog account={revoking} onClose={() => setRevoking(undefined)} />}
    </li>
  )
}

const signsIn = ({ auth }: ServerView) => auth === 'oauth' || auth === 'service'

/** The URL, or command and arguments with each argument's ends in sight. */
function whereOf({ url, command }: ServerView): string {
  if (command === null) return visible(url ?? '')
  return command
    .map((part) => (/[\s"']|^$/.test(part) ? JSON.stringify(part) : part))
    .map(visible)
    .join(' ')
}
