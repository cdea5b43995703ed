import type { Emitter } from '../../events.ts'
import type { Decision, Operation } from '../../policy/decide.ts'
import { createLedger, type Share } from '../../runtime/budget.ts'
import type { ServerDefinition } from '../../store/config-schema.ts'
import type { RequestMessage } from '../envelope.ts'
import type { ParkingTimer } from '../parking.ts'
import type { Branch, BranchPlace } from './branch.ts'
import { type Branches, createBranches } from './branches.ts'
import type { ListName } from './bursts.ts'
import { createLists, type Lists } from './lists.ts'
import type { NeedsPerson } from './needs-person.ts'
import { openingResult } from './opening.ts'
import { createRoutes, type Routes } from './routes.ts'

/** What a client of either era has of all servers: their lists as one, and the way to each. */
export interface Gathering<Own extends Branch = Branch> {
  readonly branches: Branches<Own>
  readonly lists: Lists
  readonly routes: Routes
  /** Whether the rules let the client do anything at a server. */
  allows(server: string): boolean
  /**
   * The result of an `initialize`, without its revision.
   * @param initialize that each server is opened with
   */
  opening(initialize: RequestMessage): ReturnType<typeof openingResult>
  close(): Promise<void>
}

/** All servers for a client whose requests stand alone, kept from one request to the next. */
export interface AllAlone {
  readonly gathering: Gathering
  readonly ended: boolean
  readonly events: Emitter<{ changed: [names: readonly ListName[]]; closed: [] }>
  /** Rules, servers or accounts have changed. */
  changed(): void
  close(): Promise<void>
}

/** What a gathering needs to know of the house. */
export interface GatheringHouse {
  readonly servers: () => Readonly<Record<string, ServerDefinition>>
  /** The one decision function, for this client. */
  readonly decide: (server: string, operation: Operation) => Decision
  readonly needsPerson: () => readonly NeedsPerson[]
  /** What a server wants its users to know, as this client last heard it; null where nothing is remembered. */
  readonly instructions: (server: string, initialize: RequestMessage) => string | null
  /** Where what waits and is kept of this client counts. */
  readonly share: Share
  readonly timer: ParkingTimer
}

export function createGathering<Own extends Branch>(
  house: GatheringHouse,
  options: {
    begin: (place: BranchPlace) => Own
    /** What a server has came later than the list that it belongs to. */
    changed: (names: readonly ListName[]) => void
  },
): Gathering<Own> {
  const { servers, decide, needsPerson, timer } = house
  const allows = (server: string) => decide(server, { kind: 'session' }).effect === 'allow'
  const ledger = createLedger(house.share.answers)
  const branches = createBranches({ servers, allows, ledger, begin: options.begin })
  const lists = createLists({
    branches: branches.all,
    begun: branches.begun,
    decide,
    timer,
    ledger,
    changed: options.changed,
  })
  return {
    branches,
    lists,
    routes: createRoutes({ branches, lists }),
    allows,
    opening(initialize) {
      const names = Object.keys(servers()).filter(allows).sort()
      return openingResult({
        servers: names,
        needs: needsPerson().filter(({ server }) => allows(server)),
        said: (server) => house.instructions(server, initialize),
      })
    },
    close() {
      ledger.close()
      return branches.close()
    },
  }
}
