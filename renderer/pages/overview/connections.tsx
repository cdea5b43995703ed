import type { AccountView, ServerView } from '../../../preload/contract/index.ts'
import { useListing } from '../../api/queries.ts'
import { Answer } from '../../parts/answer.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { hostOf, visible } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { hrefOf } from '../../shell/route.ts'
import { accountStates, needsPerson, ownName } from '../accounts/account-words.ts'
import { serverStates, signsIn } from '../servers/server-card.tsx'

/** Every server and its accounts, each with its state and the one action that mends it. */
export function Connections() {
  const servers = useListing('servers:list')
  const accounts = useListing('accounts:list').data ?? []
  return (
    <section className="card connections" aria-label="Connections">
      <div className="section-head">
        <h2>Connections</h2>
        <a className="link" href={hrefOf('servers')}>
          All servers
        </a>
      </div>
      <Answer query={servers} empty={<p className="quiet">No server is here yet.</p>}>
        {(list) => (
          <ul className="rows">
            {list.map((server) => (
              <Connection
                key={server.name}
                server={server}
                accounts={accounts.filter((account) => account.server === server.name)}
              />
            ))}
          </ul>
        )}
      </Answer>
    </section>
  )
}

function Connection({ server, accounts }: { server: ServerView; accounts: AccountView[] }) {
  // The account that needs somebody says more than its server, which goes on with the others.
  const trouble = accounts.find(needsPerson)
  const [tone, words] =
    trouble === undefined ? serverStates[server.state] : accountStates[trouble.state]
  return (
    <li>
      <span className="tile" data-tone={tone}>
        <Icon name={server.kind} />
      </span>
      <div className="row-text">
        <a className="row-name" href={hrefOf('servers', server.name)}>
          {server.name}
        </a>
        <p className="quiet small clip">{whoOf(server, accounts)}</p>
      </div>
      <Badge tone={tone}>{words}</Badge>
      <Mend server={server} trouble={trouble} />
    </li>
  )
}

function Mend({ server, trouble }: { server: ServerView; trouble: AccountView | undefined }) {
  const { begin } = useDoing()
  const { name } = server
  if (trouble !== undefined)
    return (
      <Button
        kind="primary"
        label={`Sign in again at ${name}`}
        onClick={() =>
          begin({
            what: 'connect',
            server: name,
            account: ownName(trouble),
          })
        }
      >
        Sign in
      </Button>
    )
  switch (server.state) {
    case 'sign-in-needed':
      return (
        <Button
          kind="primary"
          label={`Sign in at ${name}`}
          onClick={() => begin({ what: 'connect', server: name })}
        >
          {signsIn(server) ? 'Sign in' : 'Look'}
        </Button>
      )
    case 'held':
      return (
        <a className="button" data-kind="plain" href={hrefOf('approvals')}>
          Decide
        </a>
      )
    case 'error':
      return (
        <a className="button" data-kind="plain" href={hrefOf('servers', name)}>
          Look
        </a>
      )
    case 'ready':
      return <span className="no-action" />
  }
}

function whoOf(server: ServerView, accounts: AccountView[]): string {
  const names = accounts.map((account) => visible(ownName(account)))
  if (names.length > 0) return names.join(', ')
  if (server.command !== null) return 'on this computer'
  return visible(hostOf(server.url ?? ''))
}
