import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { CompanionApi, EventName, Events } from '../../preload/contract/index.ts'

/** Milliseconds before the n-th attempt to open the stream again; the last one is for all that follow. */
const waits = [250, 1_000, 3_000, 10_000]

const areas = [
  'servers',
  'accounts',
  'clients',
  'secrets',
  'approvals',
  'receipts',
  'status',
] as const satisfies Events['state:changed']['area'][]

/**
 * The companion's events, read with fetch because an EventSource cannot send a bearer. The stream is opened with the
 * first listener and opened again when it breaks; what was missed meanwhile is made up for by telling every area changed.
 */
export function followEvents(
  open: (signal: AbortSignal) => Promise<Response>,
): Pick<CompanionApi, 'on'> {
  const listeners = new Map<string, Set<(payload: never) => void>>()
  let running: AbortController | undefined

  const tell = (event: string, payload: unknown) => {
    for (const listener of listeners.get(event) ?? []) listener(payload as never)
  }

  const read = async (response: Response) => {
    const messages = response.body
      ?.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream())
      .getReader()
    for (;;) {
      const next = await messages?.read()
      if (next?.value === undefined) return
      tell(next.value.event ?? 'message', JSON.parse(next.value.data))
    }
  }

  const follow = async (signal: AbortSignal) => {
    for (let failures = 0, first = true; !signal.aborted; first = false) {
      const response = await open(signal).catch(() => undefined)
      if (response?.ok) {
        failures = 0
        if (!first) for (const area of areas) tell('state:changed', { area })
        await read(response).catch(() => undefined)
      }
      // Whoever asks for the status now learns why nothing comes any more.
      tell('state:changed', { area: 'status' })
      if (response?.status === 401) return
      await pause(waits[Math.min(failures, waits.length - 1)] ?? 0, signal)
      failures += 1
    }
  }

  return {
    on<E extends EventName>(event: E, listener: (payload: Events[E]) => void) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set.add(listener))
      if (running === undefined) {
        running = new AbortController()
        void follow(running.signal)
      }
      return () => {
        set.delete(listener)
        if ([...listeners.values()].some((left) => left.size > 0)) return
        running?.abort()
        running = undefined
      }
    },
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
