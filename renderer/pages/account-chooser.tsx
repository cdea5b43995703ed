import type { AccountView, ChoiceView } from '../../preload/contract/index.ts'
import { useAct } from '../api/queries.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { visible } from '../parts/format.ts'
import { Prose } from '../parts/prose.tsx'
import { Select } from '../parts/select.tsx'

interface AccountChooserProps {
  server: string
  /** Undefined: for whoever has none chosen. */
  client?: string
  accounts: AccountView[]
  /** What is chosen now; undefined where nothing is. */
  choice: Pick<ChoiceView, 'account' | 'problem'> | undefined
}

/** Which account of a server is used. It widens what a client may do as somebody, so a person is asked. */
export function AccountChooser({ server, client, accounts, choice }: AccountChooserProps) {
  const use = useAct('accounts:use')
  const chosen = choice?.account ?? undefined
  const names = accounts.map(({ account }) => account.slice(server.length + 1))
  // One that is gone, or goes by a label, is still what was chosen.
  const options = chosen === undefined || names.includes(chosen) ? names : [chosen, ...names]
  const who = client === undefined ? 'clients without a choice' : client
  return (
    <>
      <Select
        label={`Account of ${server} for ${who}`}
        value={chosen}
        all={client === undefined ? 'The account connected first' : 'The usual account'}
        options={options.map((name) => [name, visible(name)])}
        onChange={(value) =>
          use.mutate({
            server,
            account: value === '' ? null : value,
            ...(client === undefined ? {} : { client }),
          })
        }
      />
      {choice?.problem && (
        <p className="message">
          <Prose text={choice.problem} />
        </p>
      )}
      <ErrorNote error={use.error} />
    </>
  )
}
