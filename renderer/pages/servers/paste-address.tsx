import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { ContractError } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'

/** The answer by hand: a redirect to this computer leads nowhere in a browser on another one. */
export function PasteAddress({ flow }: { flow: string }) {
  const api = useApi()
  const [url, setUrl] = useState('')
  const answer = useMutation<unknown, ContractError, string>({
    mutationFn: (given) => api.call('accounts:answer', { flow, url: given }),
    // It holds a code: taken or refused, it stays on no screen.
    onSettled: () => setUrl(''),
  })
  const empty = url.trim() === ''
  return (
    <details className="elsewhere">
      <summary>Browser on another machine?</summary>
      <p className="quiet">
        Its last page cannot be loaded there. Copy the address of that page and paste it here.
      </p>
      <form
        className="copy-field"
        onSubmit={(event) => {
          event.preventDefault()
          if (!empty && !answer.isPending) answer.mutate(url)
        }}
      >
        <label>
          Address of that page
          <input
            value={url}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setUrl(event.target.value)}
          />
        </label>
        <Button submit busy={answer.isPending} disabled={empty}>
          Finish
        </Button>
      </form>
      <ErrorNote error={answer.error} />
    </details>
  )
}
