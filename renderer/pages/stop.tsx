import { useAct } from '../api/queries.ts'
import { Button } from '../parts/button.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { Icon } from '../parts/icon.tsx'
import { useDoing } from '../shell/doing.tsx'

/** The emergency: stops everything after one question. */
export function Stop() {
  const { begin } = useDoing()
  return (
    <section className="card emergency" aria-label="In an emergency">
      <div>
        <h2>In an emergency</h2>
        <p className="quiet">
          Ends every access at once: accounts, bearers, streams and local servers.
        </p>
      </div>
      <Button kind="danger" onClick={() => begin({ what: 'stop' })}>
        <Icon name="stop" />
        Stop everything
      </Button>
    </section>
  )
}

export function StopDialog({ onClose }: { onClose: () => void }) {
  const stop = useAct('stop:now')
  return (
    <ConfirmDialog
      title="Stop everything?"
      act="Stop everything"
      keep="Go on as it is"
      busy={stop.isPending}
      error={stop.error}
      onAct={() => stop.mutate({}, { onSuccess: onClose })}
      onClose={onClose}
    >
      <ul className="points">
        <li>Every call is refused until you resume.</li>
        <li>Every account is revoked and has to sign in again.</li>
        <li>Every bearer is void; a client that comes with one needs a new one.</li>
        <li>
          Secrets that you entered stay in the vault, unused. Warder cannot revoke them: change them
          where they were issued.
        </li>
      </ul>
    </ConfirmDialog>
  )
}
