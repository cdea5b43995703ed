import type { Dispatcher } from '../../net/dialer.ts'
import type { Room } from '../../runtime/budget.ts'
import { connectHttp } from '../upstream/http.ts'
import type { LinkHost, Upstream } from '../upstream/upstream.ts'
import type { ClientWay } from './client-way.ts'
import { connectEither } from './either.ts'
import type { Eras } from './eras.ts'

/** A remote server of either era. */
export const connectRemote = (options: {
  url: string
  dispatcher: Dispatcher
  host: LinkHost
  eras: Eras
  client: ClientWay
  asksFirst: boolean
  /** Where an answer counts that has not come whole. */
  room: Room
}): Promise<Upstream> =>
  connectEither({
    ...options,
    key: options.url,
    connect: (host) => ({ ...connectHttp({ ...options, host }), mirrors: true }),
  })
