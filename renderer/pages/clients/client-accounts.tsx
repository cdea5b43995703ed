import type { ClientView } from '../../../preload/contract/index.ts'
import { useListing } from '../../api/queries.ts'
import { AccountChooser } from '../account-chooser.tsx'
import { FolderRule, NewFolderRule } from './folder-rules.tsx'

/** As whom a client works at each server that people sign in to, and in which folders as somebody else. */
export function ClientAccounts({ client: { name, choices } }: { client: ClientView }) {
  const accounts = useListing('accounts:list').data ?? []
  const own = choices.filter(({ folder }) => folder === null)
  const servers = [...new Set([...accounts, ...own].map(({ server }) => server))].sort()
  const folders = choices.filter(({ folder }) => folder !== null)
  if (servers.length === 0 && folders.length === 0) return null
  return (
    <ul className="client-accounts" aria-label={`Accounts that ${name} uses`}>
      {servers.map((server) => (
        <li key={server} className="client-account">
          <span className="quiet">{server} as</span>
          <AccountChooser
            server={server}
            client={name}
            accounts={accounts.filter((account) => account.server === server)}
            choice={own.find((choice) => choice.server === server)}
          />
        </li>
      ))}
      {folders.map((rule) => (
        <li key={`${rule.server} ${rule.folder}`}>
          <FolderRule client={name} rule={rule} />
        </li>
      ))}
      {accounts.length > 0 && (
        <li>
          <NewFolderRule client={name} accounts={accounts} />
        </li>
      )}
    </ul>
  )
}
