import { WarderError } from '../../errors.ts'
import type { Dispatcher } from '../../net/dialer.ts'
import type { Room } from '../../runtime/budget.ts'
import { freePort, untilListening } from '../../runtime/port.ts'
import type { LocalServerProcess } from '../../runtime/process.ts'
import { connectHttp } from '../upstream/http.ts'
import { type LinkHost, NotProcessed, type Upstream } from '../upstream/upstream.ts'
import type { ClientWay } from './client-way.ts'
import { connectEither } from './either.ts'
import type { Eras } from './eras.ts'

/** How long a local server may take until it listens. Milliseconds. */
const LISTENS_MS = 30_000

/**
 * A local server that speaks HTTP: started with a port of this machine's loopback, and given its credential in headers
 * of each request. What it writes to its output is no protocol.
 *
 * @throws WarderError as `start` does; `server.unsafe` where somebody else has its port
 */
export async function connectLocalHttp(options: {
  start: (port: number, onExit: (error: WarderError) => void) => Promise<LocalServerProcess>
  path: string
  /** Where an answer counts that has not come whole. */
  room: Room
  dispatcher: (url: string) => Dispatcher
  host: LinkHost
  eras: Eras
  client: ClientWay
  key: string
}): Promise<Upstream> {
  const { host, eras, client, key, room } = options
  const port = await freePort()
  const url = `http://127.0.0.1:${port}${options.path}`
  const ended = new AbortController()
  let listens = false
  const child = await options.start(port, (error) => {
    ended.abort(error)
    if (listens) host.onClosed()
  })
  try {
    const late = AbortSignal.timeout(LISTENS_MS)
    await untilListening(port, AbortSignal.any([ended.signal, late])).catch((error: unknown) => {
      if (!late.aborted || ended.signal.aborted) throw error
      throw new WarderError(
        'server.start_failed',
        `The local server does not listen on port ${port}.`,
      )
    })
    listens = true
    const dispatcher = options.dispatcher(url)
    const upstream = await connectEither({
      host,
      eras,
      client,
      key,
      asksFirst: true,
      connect: (own) => ({ ...connectHttp({ url, dispatcher, room, host: own }), mirrors: true }),
    })
    return {
      ...upstream,
      request: (...call) => upstream.request(...call).catch(asGone),
      send: (...message) => upstream.send(...message).catch(asGone),
      async close(goodbye) {
        // What it is told last must not keep it alive.
        await Promise.all([upstream.close(goodbye), child.stop()])
      },
    }
  } catch (error) {
    await child.stop().catch(() => {})
    throw error
  }
}

/** Where nobody listens any more, nobody has read the message: the system may be slower to tell that the server ended. */
function asGone(error: unknown): never {
  throw wasRefused(error) ? new NotProcessed('session-expired') : error
}

function wasRefused(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth === 8) return false
  return ('code' in error && error.code === 'ECONNREFUSED') || wasRefused(error.cause, depth + 1)
}
