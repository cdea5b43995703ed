import { isWarderError, toWarderError, WarderError } from '../../errors.ts'
import type { LocalServerProcess } from '../../runtime/process.ts'
import { createBriefMap } from '../brief-map.ts'
import {
  cancelled,
  type NotificationMessage,
  onOneLine,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
} from '../envelope.ts'
import { limits } from '../limits.ts'
import { type ParkingTimer, systemTimer } from '../parking.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'

interface Waiting {
  /** The request as it was sent. */
  readonly text: string
  /** When something was last heard of it, in milliseconds on the monotonic clock. */
  heardAt: number
  /** What its progress is told by, once somebody has looked; null where there is no such thing. */
  progressToken?: string | null
  readonly resolve: (response: ResponseMessage) => void
  readonly reject: (error: WarderError) => void
}

/** Starts the process. @throws WarderError `server.start_failed` */
export type StartStdio = (handlers: {
  onLine: (line: string) => void | Promise<void>
  /** A line that was not UTF-8, decoded for as much as can be. */
  onDropped: (remains: string) => void
  onExit: (error: WarderError) => void
}) => Promise<LocalServerProcess>

/** A local server over its standard input and output: one message a line (MCP 2025-11-25, basic/transports, stdio). */
export async function connectStdio(options: {
  start: StartStdio
  events: UpstreamEvents
  timer?: ParkingTimer
}): Promise<Upstream> {
  const { events, timer = systemTimer } = options
  const waiting = createBriefMap<string, Waiting>()
  /** Why nothing is sent any more. */
  let ended: WarderError | null = null

  function take(id: string): Waiting | undefined {
    const call = waiting.get(id)
    waiting.delete(id)
    return call
  }

  function onLine(line: string): void | Promise<void> {
    let message: ReturnType<typeof readMessage>
    try {
      message = readMessage(line)
    } catch (error) {
      if (!isWarderError(error, 'bridge.malformed')) throw error
      // Servers print banners and logs to stdout although they must not; a line that is no message is dropped. One that
      // is meant as an answer fails its call, which would wait for ever otherwise.
      failAnsweredBy(line, error)
      return
    }
    if (message.kind === 'response') return take(message.id)?.resolve(message)
    noteSignOfLife(message)
    return events.onMessage(message, null)
  }

  function failAnsweredBy(line: string, cause?: unknown): void {
    take(answeredBy(line) ?? '')?.reject(unreadable(cause))
  }

  /** Progress is of one call; of a question nobody knows which one waits for its answer. */
  function noteSignOfLife({ kind, method, params }: RequestMessage | NotificationMessage): void {
    if (kind === 'notification' && method !== 'notifications/progress') return
    const token = params?.member('progressToken')?.raw
    for (const call of waiting.values())
      if (kind === 'request' || progressTokenOf(call) === token) call.heardAt = timer.now()
  }

  /** An answer in another encoding may name nothing that it could be told by, so there is an end to waiting for it. */
  function giveUpSilent(): void {
    const since = timer.now() - limits.silenceMs
    for (const [id, call] of waiting.entries()) {
      if (call.heardAt > since || isToStayOpen(call)) continue
      child.send(cancelled(id)).catch(() => {})
      take(id)?.reject(tooSilent())
    }
    if (ended === null) stopWatching = watch()
  }

  const watch = () => timer.after(limits.silenceMs / 10, giveUpSilent)
  let stopWatching = () => {}

  function end(error: WarderError): void {
    ended ??= error
    stopWatching()
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  function onExit(error: WarderError): void {
    if (ended !== null) return
    end(error)
    events.onClosed()
  }

  const child = await options.start({ onLine, onDropped: failAnsweredBy, onExit })
  if (ended === null) stopWatching = watch()
  return {
    request(text, id, _credential, signal) {
      return new Promise((resolve, reject) => {
        if (ended !== null) return reject(ended)
        if (signal.aborted) return reject(givenUp())
        const onAbort = () => take(id)?.reject(givenUp())
        const settled =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            signal.removeEventListener('abort', onAbort)
            settle(value)
          }
        const heardAt = timer.now()
        waiting.set(id, { text, heardAt, resolve: settled(resolve), reject: settled(reject) })
        signal.addEventListener('abort', onAbort, { once: true })
        child.send(onOneLine(text)).catch((error: unknown) => onExit(toWarderError(error)))
      })
    },
    async send(text) {
      if (ended !== null) throw ended
      await child.send(onOneLine(text))
    },
    async close() {
      end(new WarderError('server.ended', 'The local server was stopped.'))
      await child.stop()
    },
  }
}

/** The id of a line that means to be an answer and is not a legal one. @returns null where it means nothing */
function answeredBy(line: string): string | null {
  try {
    const meant: unknown = JSON.parse(line)
    if (typeof meant !== 'object' || meant === null || !('id' in meant)) return null
    return 'result' in meant || 'error' in meant ? JSON.stringify(meant.id) : null
  } catch {
    return null
  }
}

function progressTokenOf(call: Waiting): string | null {
  const read = () => (readMessage(call.text) as RequestMessage).params?.member('_meta')
  if (call.progressToken === undefined)
    call.progressToken = read()?.member('progressToken')?.raw ?? null
  return call.progressToken
}

/** MCP 2026-07-28, Subscriptions: it is answered when it is over. */
const isToStayOpen = ({ text }: Waiting) =>
  (readMessage(text) as RequestMessage).method === 'subscriptions/listen'

const tooSilent = () =>
  new WarderError('server.timed_out', 'The local server said nothing about the call for too long.')
const givenUp = () =>
  new WarderError('server.unreachable', 'The call was given up before an answer came.')
const unreadable = (cause: unknown) =>
  new WarderError('server.protocol', 'The server answered with something that is not a message.', {
    cause,
  })
