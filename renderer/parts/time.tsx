import { useSyncExternalStore } from 'react'
import { relativeTime } from './format.ts'

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

/** How long ago, kept true; the exact instant on hover. */
export function Time({ at }: { at: string }) {
  const now = useSyncExternalStore(subscribe, () => current)
  return (
    <time dateTime={at} title={exact.format(new Date(at))}>
      {relativeTime(Date.parse(at), now)}
    </time>
  )
}

/** One clock for all the times on the page; milliseconds. */
const TICK = 15_000
const listeners = new Set<() => void>()
let current = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    current = Date.now()
    for (const each of listeners) each()
  }, TICK)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
