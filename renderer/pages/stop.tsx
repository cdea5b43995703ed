import { useState } from 'react'
import type { StatusView } from '../../preload/contract/index.ts'
import { useAct } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { Time } from '../parts/time.tsx'

/** The emergency: stops everything after one question; while it is in force, says so and offers the way back. */
export function Stop({ status }: { status: StatusView }) {
  const [asking, setAsking] = useState(false)
  const resume = useAct('stop:resume')
  if (status.stopped !== null)
    return (
      <section className="card" aria-label="Everything is stopped">
        <h2>Everything is stopped</h2>
        <p>
          Since <Time at={status.stopped} /> every call is refused, every bearer is void and every
          account is revoked. The receipts say what was proven.
        </p>
        <ErrorNote error={resume.error} />
        <Button busy={resume.isPending} onClick={() => resume.mutate({})}>
          Resume
        </Button>
      </section>
    )
  return (
    <section className="card">
      <h2>In an emergency</h2>
      <p>Ends every access at once: accounts, bearers, streams and local servers.</p>
      <Button kind="danger" onClick={() => setAsking(true)}>
        Stop everything
      </Button>
      {asking && <StopDialog onClose={() => setAsking(false)} />}
    </section>
  )
}

function StopDialog({ onClose }: { onClose: () => void }) {
  const stop = useAct('stop:now')
  return (
    <Dialog
      title="Stop everything?"
      onClose={onClose}
      actions={
        <>
          <Button first onClick={onClose}>
            Go on as it is
          </Button>
          <Button
            kind="danger"
            busy={stop.isPending}
            onClick={() => stop.mutate({}, { onSuccess: onClose })}
          >
            Stop everything
          </Button>
        </>
      }
    >
      <p>
        Every call is refused until you resume. Every account is revoked and has to sign in again,
        and every client needs a new bearer. Secrets that you entered stay in the vault, unused:
        Warder cannot revoke them.
      </p>
      <ErrorNote error={stop.error} />
    </Dialog>
  )
}
