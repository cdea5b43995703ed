import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { ConnectedView, ContractError, Output } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'

/** A sign-in with a page to open. */
export type Flow = Output<'accounts:connect'> & { url: string }

/** A sign-in with a code to type. */
export type DeviceFlow = Flow & { device: NonNullable<Flow['device']> }

/** How far a sign-in has come, as the person sees it. */
export type SignIn =
  | { at: 'preparing' }
  | { at: 'asking'; flow: Flow; opening: boolean }
  /** `noBrowser` says why no browser could be opened; the page can still be opened by hand. */
  | { at: 'waiting'; flow: Flow; noBrowser: ContractError | null }
  /** By code: there is nothing to open here. */
  | { at: 'code'; flow: DeviceFlow }
  | { at: 'connected'; flow: string; account: ConnectedView }
  | { at: 'failed'; error: ContractError }

interface Wanted {
  server: string
  /** The one to be signed in again; undefined: whichever it will be. */
  account?: string | undefined
  /** Wanted beside what a sign-in asks for; undefined: nothing. */
  scopes?: string[] | undefined
  method: 'browser' | 'device'
  /** Which of the providers that the server names; undefined: Warder says. */
  issuer: string | undefined
}

/** One sign-in from the page's side: prepared at once, opened when the person says so, cancelled when its dialog goes away. */
export function useSignIn({ server, account, scopes, method, issuer }: Wanted): {
  signIn: SignIn
  openBrowser: () => void
} {
  const api = useApi()
  const queries = useQueryClient()
  const pending = useRef<string>(undefined)
  const gone = useRef(false)

  const finish = useMutation<ConnectedView, ContractError, string>({
    mutationFn: (flow) => api.call('accounts:connected', { flow }),
    onSuccess: () => {
      for (const area of ['accounts', 'servers', 'status'])
        void queries.invalidateQueries({ queryKey: [area] })
    },
    onSettled: () => {
      pending.current = undefined
    },
  })

  const prepare = useMutation<Output<'accounts:connect'>, ContractError, void>({
    mutationFn: () =>
      api.call('accounts:connect', {
        server,
        ...(account === undefined ? {} : { account }),
        ...(method === 'device' ? { method } : {}),
        ...(issuer === undefined ? {} : { issuer }),
        ...(scopes === undefined ? {} : { scopes }),
      }),
    onSuccess: ({ flow }) => {
      pending.current = flow
      if (gone.current) cancel()
      else finish.mutate(flow)
    },
  })

  const open = useMutation<unknown, ContractError, string>({
    mutationFn: (flow) => api.call('accounts:open', { flow }),
  })

  const cancel = () => {
    const flow = pending.current
    pending.current = undefined
    // Who cancels has moved on: a flow that is gone already is what was wanted.
    if (flow !== undefined) void api.call('accounts:cancel', { flow }).catch(() => undefined)
  }

  const started = useRef(false)
  useEffect(() => {
    if (started.current) return
    started.current = true
    prepare.mutate()
  }, [prepare.mutate])

  const letGo = useRef(cancel)
  letGo.current = cancel
  useEffect(() => {
    gone.current = false
    return () => {
      gone.current = true
      letGo.current()
    }
  }, [])

  const openBrowser = () => {
    if (prepare.data !== undefined) open.mutate(prepare.data.flow)
  }
  return { signIn: stateOf(prepare, open, finish), openBrowser }
}

interface Step<T> {
  readonly data: T | undefined
  readonly error: ContractError | null
  readonly isPending: boolean
  readonly isSuccess: boolean
}

function stateOf(
  prepare: Step<Output<'accounts:connect'>>,
  open: Step<unknown>,
  finish: Step<ConnectedView>,
): SignIn {
  if (finish.data !== undefined && prepare.data !== undefined)
    return { at: 'connected', flow: prepare.data.flow, account: finish.data }
  const noBrowser = open.error?.code === 'oauth.browser_failed' ? open.error : null
  const error = prepare.error ?? finish.error ?? (noBrowser === null ? open.error : null)
  if (error !== null) return { at: 'failed', error }
  const flow = withPage(prepare.data)
  if (flow === undefined) return { at: 'preparing' }
  if (flow.device !== null) return { at: 'code', flow: { ...flow, device: flow.device } }
  if (open.isSuccess || noBrowser !== null) return { at: 'waiting', flow, noBrowser }
  return { at: 'asking', flow, opening: open.isPending }
}

/** A server that Warder signs in to as itself has no page: it is connected as soon as it is prepared. */
function withPage(prepared: Output<'accounts:connect'> | undefined): Flow | undefined {
  if (prepared === undefined || prepared.url === null) return undefined
  return { ...prepared, url: prepared.url }
}
