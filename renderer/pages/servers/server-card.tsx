import type { AccountView, ServerView } from '../../../preload/contract/index.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { whole } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Prose } from '../../parts/prose.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { goTo, hrefOf } from '../../shell/route.ts'
import { AccountChooser } from '../account-chooser.tsx'
import { Accounts } from './accounts.tsx'
import { Injects } from './injects.tsx'
import { InstallingLine } from './installing.tsx'

export const serverStates: Record<ServerView['state'], [Tone, string]> = {
  ready: ['good', 'Ready'],
  'sign-in-needed': ['warn', 'Sign-in needed'],
  held: ['held', 'Waits for approval'],
  error: ['bad', 'Failed'],
}

export function ServerCard(props: { server: ServerView; accounts: AccountView[] }) {
  const { server, accounts } = props
  const { begin } = useDoing()
  const [tone, words] = serverStates[server.state]
  return (
    <li className="card" aria-label={server.name}>
      <div className="card-head">
        <span className="tile" data-tone={tone}>
          <Icon name={server.kind} />
        </span>
        <h2>{server.name}</h2>
        <Badge tone={tone}>{words}</Badge>
        <div className="card-tools">
          {signsIn(server) && (
            <Button
              kind={
                server.state === 'sign-in-needed' && accounts.length === 0 ? 'primary' : 'plain'
              }
              label={
                accounts.length === 0
                  ? `Connect ${server.name}`
                  : `Connect another account of ${server.name}`
              }
              onClick={() => begin({ what: 'connect', server: server.name })}
            >
              {accounts.length === 0 ? 'Connect' : 'Another account'}
            </Button>
          )}
          <a
            className="button"
            data-kind="plain"
            href={hrefOf('servers', server.name)}
            aria-label={`Look at ${server.name}`}
            data-server={server.name}
          >
            Look
          </a>
          <Menu
            label={`More for ${server.name}`}
            items={[
              {
                label: 'Its calls',
                icon: 'activity',
                run: () => goTo('activity', `server=${server.name}`),
              },
              {
                label: 'Remove',
                icon: 'remove',
                danger: true,
                run: () => begin({ what: 'remove-server', server: server.name }),
              },
            ]}
          />
        </div>
      </div>
      <p className="where">
        <span className="quiet">{server.kind === 'remote' ? 'Remote' : 'On this computer'}</span>
        <code>{whereOf(server)}</code>
      </p>
      {server.message && server.state !== 'sign-in-needed' && (
        <p className="message">
          <Prose text={server.message} />
        </p>
      )}
      {server.kind === 'local' && <InstallingLine server={server.name} />}
      <Injects server={server} />
      {signsIn(server) && <Accounts accounts={accounts} />}
      {(accounts.length > 1 || server.choice !== null) && (
        <AccountChooser
          server={server.name}
          accounts={accounts}
          choice={server.choice ?? undefined}
        />
      )}
    </li>
  )
}

export const signsIn = ({ auth }: ServerView) => auth === 'oauth' || auth === 'service'

/** The URL, or command and arguments with each argument's ends in sight. */
export function whereOf({ url, command }: ServerView): string {
  if (command === null) return whole(url ?? '')
  return command
    .map((part) => (/[\s"']|^$/.test(part) ? JSON.stringify(part) : part))
    .map(whole)
    .join(' ')
}
