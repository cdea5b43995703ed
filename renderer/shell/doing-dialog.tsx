import { ownName } from '../pages/accounts/account-words.ts'
import { StepUpDialog } from '../pages/accounts/step-up-dialog.tsx'
import { AddClientDialog } from '../pages/clients/add-client-dialog.tsx'
import { RemoveClientDialog } from '../pages/clients/remove-client-dialog.tsx'
import { RenewClientDialog } from '../pages/clients/renew-client-dialog.tsx'
import { WireDialog } from '../pages/clients/wire-dialog.tsx'
import { AddServerDialog } from '../pages/servers/add-server-dialog.tsx'
import { ConnectDialog } from '../pages/servers/connect-dialog.tsx'
import { RemoveServerDialog } from '../pages/servers/remove-server-dialog.tsx'
import { RevokeDialog } from '../pages/servers/revoke-dialog.tsx'
import { WhyDialog } from '../pages/servers/why-dialog.tsx'
import { StopDialog } from '../pages/stop.tsx'
import { useDoing } from './doing.tsx'

/** The dialog of what a person is about to do. */
export function DoingDialog() {
  const { doing, begin, end } = useDoing()
  switch (doing?.what) {
    case undefined:
      return null
    case 'connect':
      return (
        <ConnectDialog
          key={`${doing.server} ${doing.account}`}
          server={doing.server}
          {...(doing.account === undefined ? {} : { account: doing.account })}
          {...(doing.scopes === undefined ? {} : { scopes: doing.scopes })}
          onClose={end}
        />
      )
    case 'step-up': {
      const { account } = doing
      const to = { what: 'connect', server: account.server, account: ownName(account) } as const
      return (
        <StepUpDialog
          account={account}
          onAsk={(scopes) => begin({ ...to, scopes })}
          onClose={end}
        />
      )
    }
    case 'revoke':
      return <RevokeDialog account={doing.account} onClose={end} />
    case 'why': {
      const { account } = doing
      const again = {
        what: 'connect',
        server: account.server,
        account: ownName(account),
      } as const
      return <WhyDialog account={account} onSignIn={() => begin(again)} onClose={end} />
    }
    case 'add-server':
      return <AddServerDialog onClose={end} />
    case 'remove-server':
      return <RemoveServerDialog name={doing.server} onClose={end} />
    case 'add-client':
      return <AddClientDialog onClose={end} />
    case 'remove-client':
      return <RemoveClientDialog name={doing.client} onClose={end} />
    case 'renew-client':
      return <RenewClientDialog name={doing.client} onClose={end} />
    case 'wire': {
      const { client, title, action } = doing
      return <WireDialog client={client} title={title} action={action} onClose={end} />
    }
    case 'stop':
      return <StopDialog onClose={end} />
  }
}
