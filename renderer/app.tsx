import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClientProvider } from '@tanstack/react-query'
import { useState } from 'react'
import type { CompanionApi } from '../preload/contract/index.ts'
import { ApiContext } from './api/context.ts'
import { useLive } from './api/live.ts'
import { PresenceProvider } from './api/presence.tsx'
import { useStatus } from './api/queries.ts'
import { createQueryClient } from './api/query-client.ts'
import { DoingProvider } from './shell/doing.tsx'
import { Frame } from './shell/frame.tsx'
import { Locked } from './shell/locked.tsx'
import { SignedOut } from './shell/signed-out.tsx'

/** The whole page over one companion, whichever way it is reached. */
export function App({ api }: { api: CompanionApi }) {
  const [queries] = useState(createQueryClient)
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <ApiContext value={api}>
          <PresenceProvider>
            <DoingProvider>
              <Session />
            </DoingProvider>
          </PresenceProvider>
        </ApiContext>
      </QueryClientProvider>
    </CSPProvider>
  )
}

function Session() {
  useLive()
  const status = useStatus()
  if (status.error?.code === 'control.unauthorized') return <SignedOut />
  const locked = status.data?.locked ?? null
  return locked === null ? <Frame /> : <Locked since={locked} />
}
