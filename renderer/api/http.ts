import { ContractError } from '../../preload/contract/error.ts'
import type { Channel, CompanionApi, ErrorView, Output } from '../../preload/contract/index.ts'
import { followEvents } from './event-stream.ts'
import { dropBearer } from './session.ts'

/** The companion over loopback HTTP, in the system's browser. */
export function companionOverHttp(bearer: string): CompanionApi {
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(path, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${bearer}` },
      credentials: 'omit',
      redirect: 'error',
    }).catch(unreachable)
    if (response.status === 401) dropBearer()
    return response
  }

  const events = followEvents((signal) => request('/api/events', { signal }))
  return {
    async call<C extends Channel>(channel: C, input: unknown) {
      const response = await request(`/api/${channel}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(input),
      })
      const answer: unknown = await response.json().catch(unreachable)
      if (!response.ok) throw new ContractError(asErrorView(answer))
      return answer as Output<C>
    },
    on: events.on,
  }
}

function unreachable(): never {
  throw new ContractError({
    code: 'companion.unreachable',
    message: 'Warder does not answer. It was stopped, or it is starting again.',
  })
}

function asErrorView(answer: unknown): ErrorView {
  const view = answer as Partial<ErrorView> | null
  if (typeof view?.code === 'string' && typeof view.message === 'string') return view as ErrorView
  return { code: 'internal.unexpected', message: 'Warder answered in a way this page cannot read.' }
}
