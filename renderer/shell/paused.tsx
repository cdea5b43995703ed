import { useAct, useStatus } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'

/** On every page while calls are paused: nothing is revoked, and the way back asks for a person. */
export function Paused() {
  const { data: status } = useStatus()
  const resume = useAct('hold:resume')
  if (status === undefined || status.paused === null || status.stopped !== null) return null
  return (
    <section className="stopped" data-kind="paused" aria-label="Calls are paused">
      <Icon name="held" />
      <div>
        <h2>Calls are paused</h2>
        <p>
          Every call is refused, and nothing is revoked. Paused <Time at={status.paused} />.
        </p>
        <ErrorNote error={resume.error} />
      </div>
      <Button busy={resume.isPending} onClick={() => resume.mutate({})}>
        End the pause
      </Button>
    </section>
  )
}
