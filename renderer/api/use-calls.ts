import { useCallback, useEffect, useRef, useState } from 'react'
import { ContractError } from '../../preload/contract/error.ts'
import type { Input } from '../../preload/contract/index.ts'
import {
  type CallFilter,
  type CallWindow,
  FIRST,
  openAtOldest,
  openWindow,
  PAGE,
  withAppended,
  withNewer,
  withOlder,
} from './call-window.ts'
import { useApi } from './context.ts'
import { useStatus } from './queries.ts'

export interface Calls {
  /** Undefined until the first answer. */
  window: CallWindow | undefined
  error: ContractError | null
  loading: boolean
  /** Grows with each new beginning: what was scrolled to is gone. */
  beginning: number
  older: () => void
  newer: () => void
  /** Lets go of all that is held and begins at the newest. */
  restart: () => void
  /** The same at the newest before an instant, as the audit writes it; what is newer is scrolled to. */
  jump: (at: string) => void
}

/** The audit's calls that pass the filter: followed live, and asked for page by page as somebody scrolls. */
export function useCalls(filter: CallFilter): Calls {
  const api = useApi()
  const status = useStatus()
  const [window, setWindow] = useState<CallWindow>()
  const [error, setError] = useState<ContractError | null>(null)
  const [loading, setLoading] = useState(false)
  const [beginning, setBeginning] = useState(0)
  const held = useRef(window)
  const show = useCallback((next: CallWindow | undefined) => {
    held.current = next
    setWindow(next)
  }, [])
  /** What was asked for another filter, or before a new beginning, comes too late. */
  const turn = useRef(0)
  const busy = useRef(false)

  const load = useCallback(
    async (ask: () => Promise<CallWindow>, anew = false) => {
      if (busy.current) return
      busy.current = true
      setLoading(true)
      const mine = turn.current
      try {
        const next = await ask()
        if (mine === turn.current) {
          show(next)
          setError(null)
          // Together with what it begins with: until then the list stays as it is.
          if (anew) setBeginning(mine)
        }
      } catch (failure) {
        if (mine === turn.current) setError(asContractError(failure))
      }
      if (mine === turn.current) {
        busy.current = false
        setLoading(false)
      }
    },
    [show],
  )

  const page = useCallback(
    (place: Pick<Input<'audit:query'>, 'before' | 'after' | 'until' | 'limit'>) =>
      api.call('audit:query', { ...filter, phase: 'outcome', limit: PAGE, ...place }),
    [api, filter],
  )

  const begin = useCallback(
    (ask: () => Promise<CallWindow>) => {
      turn.current += 1
      busy.current = false
      void load(ask, true)
    },
    [load],
  )

  const restart = useCallback(
    () =>
      begin(async () => {
        const past = filter.until !== undefined
        const [done, newest] = await Promise.all([
          page({}),
          past ? null : api.call('audit:query', { limit: PAGE }),
        ])
        return openWindow(done, newest, filter)
      }),
    [api, begin, filter, page],
  )

  const jump = useCallback(
    (at: string) =>
      begin(async () => {
        const until = filter.until !== undefined && filter.until < at ? filter.until : at
        const older = await page({ until })
        // Before the first of them is the first of them.
        if (older.length > 0) return openWindow(older, null, filter)
        return openAtOldest(await page({ after: 0, limit: FIRST }))
      }),
    [begin, filter, page],
  )

  useEffect(restart, [restart])

  // Whatever was written while nobody answered was not heard of.
  const lost = useRef(false)
  useEffect(() => {
    if (lost.current && !status.isError) restart()
    lost.current = status.isError
  }, [status.isError, restart])

  useEffect(
    () =>
      api.on('audit:appended', (rows) => {
        if (held.current !== undefined) show(withAppended(held.current, rows, filter))
      }),
    [api, filter, show],
  )

  const older = useCallback(() => {
    const now = held.current
    const before = now?.done.at(-1)?.seq
    if (now === undefined || now.atOldest || before === undefined) return
    void load(async () => withOlder(held.current ?? now, await page({ before })))
  }, [load, page])

  const newer = useCallback(() => {
    const now = held.current
    const after = now?.done[0]?.seq
    if (now === undefined || now.atNewest || after === undefined) return
    void load(async () => withNewer(held.current ?? now, await page({ after })))
  }, [load, page])

  return { window, error, loading, beginning, older, newer, restart, jump }
}

const asContractError = (error: unknown) =>
  error instanceof ContractError
    ? error
    : new ContractError({
        code: 'internal.unexpected',
        message: 'This page hit an error it did not expect.',
      })
