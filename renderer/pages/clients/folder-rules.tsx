import { useState } from 'react'
import type { AccountView, ChoiceView } from '../../../preload/contract/index.ts'
import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { visible } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Select } from '../../parts/select.tsx'

/** Where a client works as somebody else than usual, taken back by a button. */
export function FolderRule({ client, rule }: { client: string; rule: ChoiceView }) {
  const { server, account, folder, problem } = rule
  const use = useAct('accounts:use')
  const where = visible(folder ?? '')
  return (
    <>
      <span className="quiet">
        {server} as {visible(account ?? '')} in
      </span>{' '}
      <code>{where}</code>{' '}
      <Button
        kind="text"
        busy={use.isPending}
        label={`No account of its own of ${server} for ${client} in ${where}`}
        onClick={() =>
          use.mutate({ server, account: null, client, ...(folder === null ? {} : { folder }) })
        }
      >
        Remove
      </Button>
      {problem && (
        <p className="message">
          <Prose text={problem} />
        </p>
      )}
      <ErrorNote error={use.error} />
    </>
  )
}

/** A choice for one folder of a client: its projects there work as that account. Widens, so a person is asked. */
export function NewFolderRule({ client, accounts }: { client: string; accounts: AccountView[] }) {
  const [folder, setFolder] = useState('')
  const [chosen, setChosen] = useState('')
  const use = useAct('accounts:use')
  const account = accounts.find((one) => one.account === chosen)
  const complete = account !== undefined && folder.trim() !== ''
  return (
    <details className="elsewhere">
      <summary>Another account in one folder?</summary>
      <p className="quiet">
        A client that is started there, or below it, uses this account. The folder is what the
        client says: it tells projects apart and keeps nobody out.
      </p>
      <form
        className="copy-field"
        onSubmit={(event) => {
          event.preventDefault()
          if (!complete || use.isPending) return
          const { server } = account
          use.mutate(
            { server, account: chosen.slice(server.length + 1), client, folder: folder.trim() },
            { onSuccess: () => setFolder('') },
          )
        }}
      >
        <label>
          Folder for {client}
          <input
            value={folder}
            autoComplete="off"
            spellCheck={false}
            placeholder="/home/you/work"
            onChange={(event) => setFolder(event.target.value)}
          />
        </label>
        <Select
          label={`Account for ${client} in that folder`}
          value={chosen}
          all="Choose an account"
          options={accounts.map((one) => [one.account, visible(one.account)])}
          onChange={setChosen}
        />
        <Button submit busy={use.isPending} disabled={!complete}>
          Use it there
        </Button>
      </form>
      <ErrorNote error={use.error} />
    </details>
  )
}
