import type { Room } from '../../runtime/budget.ts'
import type { LinkHost, Upstream } from '../upstream/upstream.ts'
import type { RequestStates } from './request-state.ts'
import type { Era } from './revisions.ts'
import { createSessionful } from './sessionful.ts'
import { createStateless, type Stateless, type StatelessEndpoint } from './stateless.ts'
import { createStraight } from './straight.ts'

/** What lies between a client and a server of either era. */
export interface ClientWay {
  readonly speaks: Era
  /** Towards a server with sessions. */
  session(host: LinkHost): {
    /** What the connection to the server is to tell. */
    readonly host: LinkHost
    over(inner: Upstream): Upstream
  }
  /** Towards a server without. */
  stateless(endpoint: StatelessEndpoint, host: LinkHost): Stateless
}

/** A client that opens a session; where the server has them too, nothing is touched. */
export const sessionClient: ClientWay = {
  speaks: 'session',
  session: (host) => ({ host, over: (inner) => inner }),
  stateless: createStateless,
}

/** @param caller whose requests these are, and to which server @param room where calls count whose client has the floor */
export const statelessClient = (options: {
  states: RequestStates
  caller: string
  room: Room
}): ClientWay => ({
  speaks: 'stateless',
  session: (host) => createSessionful(host, options),
  stateless: (endpoint, host) => createStraight(endpoint, host, options),
})
