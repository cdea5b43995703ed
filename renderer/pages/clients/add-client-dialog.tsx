import { useState } from 'react'
import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { TokenDialog } from './token-dialog.tsx'

/** Adds a client and shows its token, which exists in readable form only in this answer. */
export function AddClientDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('')
  const add = useAct('clients:add')
  if (add.data !== undefined)
    return (
      <TokenDialog title={`${add.data.client.name} is added`} given={add.data} onClose={onClose} />
    )
  return (
    <Dialog
      title="Add a client"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={add.isPending}
            disabled={name.trim() === ''}
            onClick={() => add.mutate({ name: name.trim() })}
          >
            Add
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() !== '' && !add.isPending) add.mutate({ name: name.trim() })
        }}
      >
        <label className="field">
          Name
          <input
            data-first
            value={name}
            maxLength={64}
            autoComplete="off"
            placeholder="cursor"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
      </form>
      <p className="quiet">
        It gets a socket and a token of its own, and may call what the rules allow it.
      </p>
      <ErrorNote error={add.error} />
    </Dialog>
  )
}
