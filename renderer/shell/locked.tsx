import { useAct } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'

/** All there is while Warder is locked. */
export function Locked({ since }: { since: string }) {
  const unlock = useAct('hold:unlock')
  return (
    <main className="signed-out">
      <Icon name="warder" />
      <h1>Warder is locked</h1>
      <p className="quiet">
        Locked <Time at={since} />. Every call is refused, and nothing can be seen or changed.
      </p>
      <Button kind="primary" busy={unlock.isPending} onClick={() => unlock.mutate({})}>
        Unlock
      </Button>
      <ErrorNote error={unlock.error} />
    </main>
  )
}
