import { isWarderError, toWarderError, WarderError } from '../../errors.ts'
import type { LocalServerProcess } from '../../runtime/process.ts'
import { onOneLine, type ResponseMessage, readMessage } from '../envelope.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'

interface Waiting {
  readonly resolve: (response: ResponseMessage) => void
  readonly reject: (error: WarderError) => void
}

/** Starts the process. @throws WarderError `server.start_failed` */
export type StartStdio = (handlers: {
  onLine: (line: string) => void | Promise<void>
  onExit: (error: WarderError) => void
}) => Promise<LocalServerProcess>

/** A local server over its standard input and output: one message a line (MCP 2025-11-25, basic/transports, stdio). */
export async function connectStdio(options: {
  start: StartStdio
  events: UpstreamEvents
}): Promise<Upstream> {
  const { events } = options
  const waiting = new Map<string, Waiting>()
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
      take(answeredBy(line) ?? '')?.reject(unreadable(error))
      return
    }
    if (message.kind !== 'response') return events.onMessage(message, null)
    take(message.id)?.resolve(message)
  }

  function end(error: WarderError): void {
    ended ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  function onExit(error: WarderError): void {
    if (ended !== null) return
    end(error)
    events.onClosed()
  }

  const child = await options.start({ onLine, onExit })
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
        waiting.set(id, { resolve: settled(resolve), reject: settled(reject) })
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

const givenUp = () =>
  new WarderError('server.unreachable', 'The call was given up before an answer came.')
const unreadable = (cause: unknown) =>
  new WarderError('server.protocol', 'The server answered with something that is not a message.', {
    cause,
  })
