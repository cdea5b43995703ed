import { useState } from 'react'
import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'

/** What the person calls an account whose provider does not say who it is. */
export function NameAccount({ flow, account }: { flow: string; account: string }) {
  const [name, setName] = useState('')
  const give = useAct('accounts:name')
  if (give.data !== undefined) return <p role="status">It is called {give.data.account} now.</p>
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '' && !give.isPending) give.mutate({ flow, name: name.trim() })
      }}
    >
      <label className="field">
        The provider does not say who you are. What do you call this account?
        <input
          value={name}
          maxLength={128}
          autoComplete="off"
          placeholder={account}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <Button disabled={name.trim() === ''} busy={give.isPending} submit>
        Name it
      </Button>
      <ErrorNote error={give.error} />
    </form>
  )
}
