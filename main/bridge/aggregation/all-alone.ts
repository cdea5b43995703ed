import { WarderError } from '../../errors.ts'
import { createEmitter } from '../../events.ts'
import type { Room } from '../../runtime/budget.ts'
import {
  errorResponse,
  type NotificationMessage,
  type RequestMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import { type Claim, INVALID_PARAMS } from '../eras/claim.ts'
import { LISTEN } from '../eras/listening.ts'
import { discoverResult, openingFor } from '../eras/session-opening.ts'
import { readJson } from '../json-scan.ts'
import type { ParkingTimer } from '../parking.ts'
import { METHOD_NOT_FOUND, refusal } from '../refusal.ts'
import { type StatelessVisit, statelessChannel } from '../stateless-visit.ts'
import type { Channel } from '../types.ts'
import { createAloneBranch } from './alone-branch.ts'
import { listenToAll } from './alone-listening.ts'
import type { Branch } from './branch.ts'
import { LIST_NAMES } from './bursts.ts'
import { type AllAlone, createGathering, type Gathering, type GatheringHouse } from './gathering.ts'
import { createInFlight } from './in-flight.ts'
import { isList } from './lists.ts'
import { ownerOf, withOwner } from './request-states.ts'
import { isRouted, type Route } from './routes.ts'
import { linksIn } from './way-back.ts'

/** @param visit the way of this client to one server */
export function createAllAlone(
  house: GatheringHouse,
  claim: Claim,
  visit: (server: string, channel: Channel) => StatelessVisit,
): AllAlone {
  let ended = false
  const { now } = house.timer
  const events: AllAlone['events'] = createEmitter()
  const gathering = createGathering<Branch>(house, {
    begin: (place) => createAloneBranch(place, { claim, visit, now }),
    changed: (names) => events.emit('changed', names),
  })
  return {
    gathering,
    events,
    get ended() {
      return ended
    },
    changed() {
      gathering.lists.stale(LIST_NAMES)
      events.emit('changed', LIST_NAMES)
    },
    async close() {
      ended = true
      events.emit('closed')
      await gathering.close()
    },
  }
}

/**
 * What such a client says on one way to all servers: answered here where it is about all, else said on a way to one.
 *
 * @param use lends what is kept for this client
 */
export function openVisitToAll(options: {
  channel: Channel
  use: (claim: Claim, run: (all: AllAlone) => Promise<void>) => Promise<void>
  visit: (server: string, channel: Channel) => StatelessVisit
  timer: ParkingTimer
  /** Where what waits counts. */
  room: Room
}): StatelessVisit {
  const { use } = options
  const channel = statelessChannel(options.channel)
  const visits = new Map<string, { visit: StatelessVisit; branches: Gathering['branches'] }>()
  /** What the client waits for, and on which way it went on. */
  const waiting = new Map<string, { visit: StatelessVisit | null; controller: AbortController }>()
  const inFlight = createInFlight(options.room)

  function wayTo(server: string, { branches }: Gathering): StatelessVisit {
    const known = visits.get(server)
    if (known !== undefined) {
      // Others by now, where those before were left alone for long, or were of other abilities.
      known.branches = branches
      return known.visit
    }
    const visit = options.visit(server, {
      ...channel,
      reply(text) {
        const { branches } = own
        if (branches.has(server))
          for (const uri of linksIn(text)) branches.link(branches.of(server).key, uri)
        channel.reply(withOwner(text, server))
      },
    })
    const own = { visit, branches }
    visits.set(server, own)
    return visit
  }

  async function answer(message: RequestMessage, claim: Claim, kept: AllAlone): Promise<void> {
    const { id, method, params } = message
    const entry = waiting.get(id)
    if (entry === undefined) return
    const { signal } = entry.controller
    const all = kept.gathering
    if (method === LISTEN) {
      const { visit, timer } = options
      // Nobody waits for an end of it.
      const leave = () => entry.controller.abort()
      const leaving = channel.leaving?.()
      leaving?.addEventListener('abort', leave)
      return listenToAll(message, { claim, all: kept, channel, visit, signal, timer }).finally(() =>
        leaving?.removeEventListener('abort', leave),
      )
    }
    if (method === 'server/discover')
      return channel.reply(resultResponse(id, discovered(all, claim)))
    if (isList(method)) {
      const page = await all.lists.page(method, params?.member('cursor')?.string())
      if (signal.aborted) return
      if (page === null)
        return channel.reply(
          errorResponse(id, INVALID_PARAMS, 'The list has no such page any more.'),
        )
      return channel.reply(resultResponse(id, `${page.slice(0, -1)},${KEPT_BY_NOBODY}}`))
    }
    if (!isRouted(method))
      return channel.reply(errorResponse(id, METHOD_NOT_FOUND, 'Method not found'))
    const route = await routeOf(message, all)
    if (signal.aborted) return
    if (route === null)
      return channel.reply(errorResponse(id, INVALID_PARAMS, 'None of the servers has this.'))
    entry.visit = wayTo(route.server, all)
    await entry.visit.request(readMessage(route.text) as RequestMessage, claim)
  }

  /** A request that brings a state goes where the state came from. */
  async function routeOf(
    message: RequestMessage,
    { routes, branches }: Gathering,
  ): Promise<Route | null> {
    const brought = ownerOf(message)
    if (brought === null) return routes.find(message)
    const { server } = brought
    if (message.method === 'resources/read')
      return branches.has(server) ? { server, text: brought.message.text } : null
    const route = await routes.find(brought.message)
    return route?.server === server ? route : null
  }

  return {
    async request(message, claim) {
      const { id } = message
      if (waiting.has(id))
        return channel.reply(
          refusal(id, new WarderError('bridge.malformed', 'This id is in use by an earlier one.')),
        )
      let over = () => {}
      try {
        over = inFlight.begin(message)
        waiting.set(id, { visit: null, controller: new AbortController() })
        await use(claim, (kept) => answer(message, claim, kept))
      } catch (error) {
        channel.reply(refusal(id, error))
      } finally {
        waiting.delete(id)
        over()
      }
    },
    async notification(message: NotificationMessage) {
      const entry = waiting.get(message.params?.member('requestId')?.raw ?? '')
      if (message.method !== 'notifications/cancelled' || entry === undefined) return
      entry.controller.abort()
      await entry.visit?.notification(message)
    },
    awaits: (id) => waiting.has(id),
    leave() {
      for (const { controller } of waiting.values()) controller.abort()
      for (const { visit } of visits.values()) visit.leave()
    },
  }
}

/** What is filtered for one client is nobody else's, and rules may change at any time. */
const KEPT_BY_NOBODY = '"resultType":"complete","ttlMs":0,"cacheScope":"private"'

const discovered = (all: Gathering, claim: Claim) =>
  discoverResult(readJson(JSON.stringify(all.opening(openingFor(claim)))))
