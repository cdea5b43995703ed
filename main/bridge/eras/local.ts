import { WarderError } from '../../errors.ts'
import { cancelled } from '../envelope.ts'
import type { LinkHost, Upstream, UpstreamEvents } from '../upstream/upstream.ts'
import type { ClientWay } from './client-way.ts'
import { connectEither, type Endpoint } from './either.ts'
import type { Eras } from './eras.ts'

/** A process of its own, or a place at one that others use too. */
export type ConnectLocal = (events: UpstreamEvents) => Promise<Upstream>

/**
 * A local server of either era.
 *
 * @param options.key one for each definition
 * @throws WarderError as `connect` does
 */
export const connectLocal = (options: {
  connect: ConnectLocal
  host: LinkHost
  eras: Eras
  client: ClientWay
  key: string
}): Promise<Upstream> =>
  connectEither({ ...options, asksFirst: true, connect: (host) => endpoint(options.connect, host) })

async function endpoint(connect: ConnectLocal, host: LinkHost): Promise<Endpoint> {
  let stdio = await connect(host)
  let closed = false
  return {
    // All that a local server needs to know stands in the body (MCP 2026-07-28, stdio, Request Metadata).
    mirrors: false,
    request: (...call) => stdio.request(...call),
    ask: (text, id, credential, signal) => stdio.request(text, id, credential, signal),
    send: (...message) => stdio.send(...message),
    cancel(id, credential) {
      stdio.send(cancelled(id), credential).catch(() => {})
    },
    async restart() {
      await stdio.close(null)
      stdio = await connect(host)
      if (!closed) return
      await stdio.close(null)
      throw new WarderError('server.ended', 'The local server was stopped.')
    },
    close(goodbye) {
      closed = true
      return stdio.close(goodbye)
    },
  }
}
