import { useQuery } from '@tanstack/react-query'
import type { ContractError, InstallingView } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'

/** The first download of what a local server runs from: what comes, since when, and the way to give it up. */
export function InstallingLine({ server }: { server: string }) {
  const api = useApi()
  const giveUp = useAct('servers:cancel')
  const all = useQuery<InstallingView[], ContractError>({
    queryKey: ['servers', 'installing'],
    queryFn: () => api.call('servers:installing', {}),
  })
  const own = all.data?.find((one) => one.server === server)
  if (own === undefined) return null
  return (
    <div className="installing" role="status">
      <progress aria-label={`Fetching what ${server} runs from`} />
      <p className="quiet small">
        Fetching {visible(own.name)} {visible(own.version)}, begun <Time at={own.since} />. Calls
        wait for it.
      </p>
      <Button
        label={`Give up fetching for ${server}`}
        busy={giveUp.isPending}
        onClick={() => giveUp.mutate({ name: server })}
      >
        Give up
      </Button>
      <ErrorNote error={giveUp.error} />
    </div>
  )
}
