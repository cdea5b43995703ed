import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { ContractError, Output } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { Button } from '../../parts/button.tsx'
import { CopyField } from '../../parts/copy-field.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Time } from '../../parts/time.tsx'
import type { Flow } from './sign-in.ts'

/**
 * The link of a sign-in to open in another browser. A pushed request is good for one opening and for a short while (RFC
 * 9126): where the page was opened already, another link is asked for, and there is a button for one more.
 */
export function LinkByHand({ flow, opened }: { flow: Flow; opened: boolean }) {
  const [byHand, setByHand] = useState(false)
  if (opened && !byHand)
    return (
      <Button first kind="text" onClick={() => setByHand(true)}>
        Copy the link instead
      </Button>
    )
  return flow.linkExpiresAt === null ? (
    <CopyField label="Link" value={flow.url} atOnce={opened} first={!opened} />
  ) : (
    <PushedLink flow={flow} opened={opened} />
  )
}

type Link = Output<'accounts:link'>

function PushedLink({ flow, opened }: { flow: Flow; opened: boolean }) {
  const api = useApi()
  const { mutate, ...fresh } = useMutation<Link, ContractError, void>({
    mutationFn: () => api.call('accounts:link', { flow: flow.flow }),
  })
  const started = useRef(!opened)
  useEffect(() => {
    if (started.current) return
    started.current = true
    mutate()
  }, [mutate])
  const first = opened ? undefined : { url: flow.url, linkExpiresAt: flow.linkExpiresAt }
  const link = fresh.data ?? first
  return (
    <>
      {link !== undefined && (
        <>
          <CopyField key={link.url} label="Link" value={link.url} atOnce={opened} first={!opened} />
          {link.linkExpiresAt !== null && (
            <p className="quiet">
              It can be opened once, and ends <Time at={link.linkExpiresAt} />.
            </p>
          )}
        </>
      )}
      <ErrorNote error={fresh.error} />
      <Button kind="text" busy={fresh.isPending} onClick={() => mutate()}>
        Make a fresh link
      </Button>
    </>
  )
}
