import type { Output, ServerView } from '../../../preload/contract/index.ts'
import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { visible } from '../../parts/format.ts'

/** What a local server runs from, and the way to a newer version of it (ADR 17). */
export function Package(props: { server: string; of: NonNullable<ServerView['package']> }) {
  const { server, of } = props
  const update = useAct('servers:update')
  return (
    <section aria-label="Package">
      <div className="section-head">
        <h3>Package</h3>
        <Button busy={update.isPending} onClick={() => update.mutate({ name: server })}>
          {update.isPending ? 'Looking…' : 'Look for a newer version'}
        </Button>
      </div>
      <p className="quiet small">
        It stays at version {visible(of.version)} of {visible(of.name)} until you agree to another
        one.
      </p>
      <ErrorNote error={update.error} />
      {update.data && (
        <p className="small" role="status">
          {inWords(update.data)}
        </p>
      )}
    </section>
  )
}

const inWords = ({ version, before, changed }: Output<'servers:update'>) =>
  changed
    ? `Version ${visible(version)} runs from now on, and no longer ${visible(before)}.`
    : `Its command comes to no other version than ${visible(version)}.`
