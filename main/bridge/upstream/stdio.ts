import { isWarderError, toWarderError, WarderError } from '../../errors.ts'
import type { LocalServerProcess } from '../../runtime/process.ts'
import { type ResponseMessage, readMessage } from '../envelope.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'

/** A local server over its standard input and output: one message a line (MCP 2025-11-25, basic/transports, stdio). */
export async function connectStdio(options: {
  start: (handlers: {
    onLine: (line: string) => void
    onExit: (error: WarderError) => void
  }) => Promise<LocalServerProcess>
  events: UpstreamEvents
}): Promise<Upstream> {
  const { events } = options
  const waiting = new Map<
    string,
    { resolve: (response: ResponseMessage) => void; reject: (error: WarderError) => void }
  >()
  let open = true

  function onLine(line: string): void {
    let message: ReturnType<typeof readMessage>
    try {
      message = readMessage(line)
    } catch (error) {
      // Servers print banners and logs to stdout although they must not; a line that is no message is dropped.
      if (isWarderError(error, 'bridge.malformed')) return
      throw error
    }
    if (message.kind !== 'response') {
      events.onMessage(message, null)
      return
    }
    waiting.get(message.id)?.resolve(message)
    waiting.delete(message.id)
  }

  function end(error: WarderError): void {
    open = false
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }

  function onExit(error: WarderError): void {
    if (!open) return
    end(error)
    events.onClosed()
  }

  const child = await options.start({ onLine, onExit })
  return {
    request(text, id, _credential, signal) {
      return new Promise((resolve, reject) => {
        if (!open)
          return reject(new WarderError('server.ended', 'The local server is not running.'))
        waiting.set(id, { resolve, reject })
        signal.addEventListener(
          'abort',
          () => {
            if (waiting.delete(id))
              reject(
                new WarderError(
                  'server.unreachable',
                  'The call was given up before an answer came.',
                ),
              )
          },
          { once: true },
        )
        child.send(text).catch((error: unknown) => onExit(toWarderError(error)))
      })
    },
    send: (text) => child.send(text),
    async close() {
      end(new WarderError('server.ended', 'The local server was stopped.'))
      await child.stop()
    },
  }
}
