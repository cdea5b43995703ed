import { randomUUID } from 'node:crypto'
import type { WarderError } from '../errors.ts'
import { createAllAlone, openVisitToAll } from './aggregation/all-alone.ts'
import { type AllServers, createAllServers } from './aggregation/all-servers.ts'
import type { AllAlone, GatheringHouse } from './aggregation/gathering.ts'
import type { Era } from './eras/revisions.ts'
import { openingFor } from './eras/session-opening.ts'
import { limits } from './limits.ts'
import { relay } from './relay.ts'
import { type Caller, createStanding } from './standing.ts'
import { openStatelessVisit, type StatelessVisit } from './stateless-visit.ts'
import type { Channel, House, Session, StandingWay, Visit } from './types.ts'

/** Whom a door hands its messages to: one server's session, or all of them; by what a client of either era says. */
export interface Visits {
  session(caller: Caller<string | null>, standing: StandingWay): Visit
  /** Requests that stand alone, on one way. */
  alone(caller: Caller<string | null>, channel: Channel): StatelessVisit
  /** Lists may have changed: who has all servers is told. */
  changed(): void
  /** Ends what belongs to all servers at once; what each server has of it is among the sessions. */
  endWhere(matches: (owner: Owner) => boolean): Promise<void>
  close(): void
}

export type Owner = Pick<Caller, 'client' | 'proof'>

export function createVisits(options: {
  user: string
  house: House
  begin: (caller: Caller, standing: StandingWay, speaks?: Era) => Session
  end: (session: Session, reason?: WarderError) => Promise<void>
  seen: (client: string) => void
  all: Omit<GatheringHouse, 'decide' | 'instructions' | 'share'>
}): Visits {
  const { user, house, begin, end } = options
  const gathered = new Map<AllServers | AllAlone, Owner>()

  function houseOf({ client, proof, folder }: Omit<Caller, 'server'>, speaks: Era): GatheringHouse {
    const principals = { user, client, proof, session: randomUUID() }
    const asker = { client, folder }
    return {
      ...options.all,
      share: house.budget.of(client),
      decide: (server, operation) => house.decide({ principals, server, operation }),
      instructions: (server, initialize) =>
        house.catalogue?.instructions({ server, asker, speaks, initialize }) ?? null,
    }
  }

  function keep<All extends AllServers | AllAlone>(all: All, { client, proof }: Owner): All {
    options.seen(client)
    gathered.set(all, { client, proof })
    return all
  }

  async function letGo(all: AllServers | AllAlone): Promise<void> {
    gathered.delete(all)
    await all.close()
  }

  function toOne(caller: Caller, standing: StandingWay): Visit {
    const session = begin(caller, standing)
    return {
      receive: (text, channel) => relay(text, session, channel, house),
      close: () => end(session),
      get ended() {
        return session.ended
      },
    }
  }

  function toAll(caller: Omit<Caller, 'server'>, standing: StandingWay): Visit {
    const all = keep(
      createAllServers(
        {
          ...houseOf(caller, 'session'),
          begin: (server, standing) => begin({ ...caller, server }, standing),
          end,
          relay: (text, session, channel) => relay(text, session, channel, house),
        },
        standing,
      ),
      caller,
    )
    return {
      receive: all.receive,
      close: () => letGo(all),
      get ended() {
        return all.ended
      },
    }
  }

  const one = createStanding<string, Session>({
    begin(caller, claim) {
      const session = begin(caller, () => null, 'stateless')
      session.connection.remember(openingFor(claim))
      return session
    },
    end: (session) => end(session),
    // One request may be for all servers, and the next one again.
    most: () => limits.sessionsPerClient + Object.keys(options.all.servers()).length,
  })
  const aloneAtOne = (caller: Caller, channel: Channel) =>
    openStatelessVisit({ caller, channel, standing: one, house })

  const every = createStanding<null, AllAlone>({
    begin(caller, claim) {
      const visit = (server: string, channel: Channel) => aloneAtOne({ ...caller, server }, channel)
      return keep(createAllAlone(houseOf(caller, 'stateless'), claim, visit), caller)
    },
    end: letGo,
  })

  return {
    session: ({ server, ...caller }, standing) =>
      server === null ? toAll(caller, standing) : toOne({ ...caller, server }, standing),
    alone({ server, ...caller }, channel) {
      if (server !== null) return aloneAtOne({ ...caller, server }, channel)
      return openVisitToAll({
        channel,
        use: (claim, run) => every.use({ ...caller, server: null }, claim, run),
        visit: (server, channel) => aloneAtOne({ ...caller, server }, channel),
        timer: options.all.timer,
        room: house.budget.of(caller.client).asks,
      })
    },
    changed() {
      for (const all of gathered.keys()) all.changed()
    },
    async endWhere(matches) {
      const ending = [...gathered].filter(([, owner]) => matches(owner))
      await Promise.all(ending.map(([all]) => letGo(all)))
    },
    close() {
      one.close()
      every.close()
    },
  }
}
