import { useAct, useStatus } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'
import { hrefOf } from './route.ts'

/** On every page while everything is stopped: since when, and the way back, which asks for a person. */
export function Stopped() {
  const { data: status } = useStatus()
  const resume = useAct('stop:resume')
  if (status === undefined || status.stopped === null) return null
  return (
    <section className="stopped" aria-label="Everything is stopped">
      <Icon name="denied" />
      <div>
        <h2>Everything is stopped</h2>
        <p>
          Every call is refused, accounts are revoked and bearers void.{' '}
          <a href={hrefOf('receipts')}>The receipts</a> say what was proven. Stopped{' '}
          <Time at={status.stopped} />.
        </p>
        <ErrorNote error={resume.error} />
      </div>
      <Button busy={resume.isPending} onClick={() => resume.mutate({})}>
        Resume
      </Button>
    </section>
  )
}
