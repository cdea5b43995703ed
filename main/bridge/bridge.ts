import { WarderError } from '../errors.ts'
import type { Clients } from '../identity/clients.ts'
import type { Dialer } from '../net/dialer.ts'
import type { Choices } from '../oauth/account-choice.ts'
import { stoppedError } from '../policy/stop.ts'
import { type Budget, createBudget } from '../runtime/budget.ts'
import { NOTHING_PLACED } from '../runtime/placed.ts'
import type { Runtime } from '../runtime/supervisor.ts'
import { pick, type Server } from '../servers/servers.ts'
import type { Config } from '../store/config-schema.ts'
import type { NeedsPerson } from './aggregation/needs-person.ts'
import { createCatalogue } from './catalogue/catalogue.ts'
import { knownTools, type ServerTools } from './catalogue/known-tools.ts'
import type { Memory } from './catalogue/memory.ts'
import type { Whose } from './catalogue/whose.ts'
import { createConnection } from './connection.ts'
import type { Injector } from './credentials.ts'
import { createClientDoors } from './doors/client-doors.ts'
import { openHttpSessions } from './doors/http-sessions.ts'
import { openHttpStateless } from './doors/http-stateless.ts'
import { serveSocket } from './doors/socket-eras.ts'
import { openTokenDoor } from './doors/token.ts'
import type { Era } from './eras/revisions.ts'
import { limits } from './limits.ts'
import { LISTS_CHANGED } from './opening.ts'
import { choosesOthers } from './other-accounts.ts'
import { createParking, type ParkingTimer, systemTimer } from './parking.ts'
import { type ProbeResult, probe } from './probe.ts'
import { createReach } from './reach.ts'
import { relay } from './relay.ts'
import { createSession } from './session.ts'
import type { Caller } from './standing.ts'
import type { House, Parking, Session, StandingWay } from './types.ts'
import { createVisits, type Owner } from './visits.ts'

/** The MCP data path: doors on one side, servers on the other, the relay between them. */
export interface Bridge {
  /** Port of the token door on 127.0.0.1. */
  readonly port: number
  /** Client name → path of its socket. */
  sockets(): Readonly<Record<string, string>>
  /** Opens the socket of a client. */
  letIn(client: string): Promise<void>
  /** Closes it and ends every session of the client, at once. */
  shutOut(client: string): Promise<void>
  /** Cuts every session that has a token of this grant in its hands. */
  cutGrant(grant: string): Promise<void>
  /** Local servers that hold an older token of this grant get the new one, each in its way. */
  renewGrant(grant: string): Promise<void>
  /** The same where a person has set a secret anew. */
  renewSecret(secret: string): Promise<void>
  /** Forgets what servers said to an account that is gone. */
  forgetAccount(server: string, account: string): void
  /** Cuts every session with this server: its definition changed or is gone. */
  cutServer(server: string): Promise<void>
  /** Cuts every session that would use other accounts now. */
  cutAccounts(before: Choices, after: Choices): Promise<void>
  /** Refuses what is under way and what waits, with this reason; sessions stay. */
  cutCalls(why: WarderError): Promise<void>
  /** Cuts every session with `policy.stopped`, and ends those that came with a bearer. */
  cutAll(): Promise<void>
  /** The client of each session there is. */
  sessions(): string[]
  /** Opens a server and asks for its tools, for the user. @throws WarderError as the server, the grant or the vault says */
  test(server: string): Promise<ProbeResult>
  /** The tools of every server as last heard, and which of them a client may call; null: nobody in particular. */
  tools(client: string | null): ServerTools[]
  /** Tells clients to ask for the lists of a server again, of every server where none is named. */
  announce(server?: string): void
  /** Somebody signed in at this server: clients learn of it, and calls that waited for it are decided anew. */
  signedIn(server: string): void
  /** Calls that wait for a sign-in are decided anew: those of a server, or all where none is named. */
  reconsider(server?: string): void
  /** Calls that wait for a sign-in. */
  readonly parking: Pick<Parking, 'waiting' | 'events'>
  close(): Promise<void>
}

/** @throws WarderError `door.port_taken`, `store.unwritable` */
export async function openBridge(options: {
  house: Pick<House, 'decide' | 'audit' | 'mask' | 'pins'>
  user: string
  config: () => Config
  held: () => readonly string[]
  clients: Clients
  injector: Injector
  dialer: Dialer
  runtime: Runtime
  socketDirectory: string
  port: number
  /** Why nothing passes, else null. @see standstill */
  stopped: () => WarderError | null
  /** @see House.pageOf */
  pageOf: House['pageOf']
  /** What is remembered of servers, and for whom; absent: nothing. */
  remembers?: { memory: Memory; whose: Whose }
  /** Servers that cannot be used before a person has done something. */
  needsPerson?: () => readonly NeedsPerson[]
  timer?: ParkingTimer
  /** What may wait of the peers of this bridge. */
  budget?: Budget
}): Promise<Bridge> {
  const { user, config, clients, injector, dialer, runtime, socketDirectory } = options
  const { timer = systemTimer, budget = createBudget(limits.budget) } = options
  const sessions = new Set<Session>()
  /** Grants that ended while we run. A token fetched just before must not leave just after. */
  const revoked = new Set<string>()
  const reach = createReach({ house: { ...options.house, budget }, user, dialer, runtime })

  const parking = createParking({
    seconds: () => config().settings.parkSeconds ?? limits.parkSeconds,
    timer,
  })
  const house: House = {
    ...options.house,
    budget,
    parking,
    timer,
    pageOf: options.pageOf,
    get catalogue() {
      return catalogue
    },
    connect(name, asker, events, speaks = 'session') {
      return createConnection({
        onOpened: (initialize, ...answer) =>
          catalogue?.learnOpening({ server: name, asker, speaks, initialize }, ...answer),
        asker,
        lookup: () => lookup(name),
        injector,
        revoked: (grant) => revoked.has(grant),
        stopped: options.stopped,
        events,
        timer,
        room: budget.of(asker.client ?? '@user').answers,
        refeed: ({ grants, placed }) => runtime.refeed(name, grants, placed ?? NOTHING_PLACED),
        connect: reach(name, asker, speaks),
      })
    },
  }

  const catalogue =
    options.remembers &&
    createCatalogue({
      ...options.remembers,
      ...options.house,
      budget,
      lookup,
      stopped: () => options.stopped() !== null,
      relay: (text, session, channel) => relay(text, session, channel, house),
      timer,
    })

  function lookup(name: string): Server {
    if (options.held().includes(name) && !Object.hasOwn(config().servers, name))
      throw new WarderError('server.held', `The server ${name} waits for a person to approve it.`)
    return pick(config().servers, name)
  }

  function begin(
    { client, proof, server, folder }: Caller,
    standing: StandingWay,
    speaks: Era = 'session',
  ): Session {
    clients.seen(client)
    const session = createSession({
      principals: { user, client, proof },
      server,
      folder,
      house,
      standing,
      speaks,
    })
    sessions.add(session)
    return session
  }

  async function end(session: Session, reason?: WarderError): Promise<void> {
    sessions.delete(session)
    catalogue?.leave(session)
    await session.close(reason)
  }

  /** @param matches asked of whose session it is, at one server or at all of them */
  async function endWhere(matches: (owner: Owner) => boolean, reason?: WarderError): Promise<void> {
    const own = [...sessions].filter(({ principals }) => matches(principals))
    await Promise.all([...own.map((session) => end(session, reason)), visits.endWhere(matches)])
  }

  /** Cut sessions stay: their next message is decided anew and opens the server again, if it still may. */
  async function cutWhere(
    matches: (session: Session) => boolean,
    reason: WarderError,
  ): Promise<void> {
    await Promise.all([...sessions].filter(matches).map((session) => session.cut(reason)))
  }

  const visits = createVisits({
    user,
    house,
    begin,
    end,
    seen: clients.seen,
    all: {
      servers: () => config().servers,
      needsPerson: options.needsPerson ?? (() => []),
      timer,
    },
  })
  const caller = (client: string, server: string | null) =>
    ({ client, proof: 'bearer', server, folder: null }) as const
  const http = openHttpSessions({
    begin: (client, server, standing) => visits.session(caller(client, server), standing),
  })
  const tokenDoor = await openTokenDoor(options.port, {
    client: clients.byDigest,
    receive: openHttpStateless({
      visit: (client, server, channel) => visits.alone(caller(client, server), channel),
      otherwise: http.receive,
    }),
    share: budget.of,
    listen: http.listen,
    end: http.end,
  })

  const doors = createClientDoors(socketDirectory, (client) => ({
    share: budget.of(client),
    open({ server = null, folder = null }, channel) {
      const caller = { client, proof: 'same-user', server, folder } as const
      const own = visits.session(caller, () => channel)
      return serveSocket(channel, {
        session: (line) => own.receive(line, channel),
        stateless: visits.alone(caller, channel),
        close: () => void own.close(),
      })
    },
  }))

  async function shutOut(client: string): Promise<void> {
    http.shut(client)
    await Promise.all([doors.shut(client), endWhere((owner) => owner.client === client)])
  }

  function announce(server?: string): void {
    for (const session of sessions) {
      if (server !== undefined && session.server !== server) continue
      session.listsChanged()
      const { standing } = session
      if (standing !== null && session.connection.opened())
        for (const text of LISTS_CHANGED) standing.send(text)
    }
    visits.changed()
  }

  return {
    port: tokenDoor.port,
    sockets: doors.paths,
    letIn: doors.open,
    shutOut,
    cutGrant(grant) {
      revoked.add(grant)
      return cutWhere(
        (session) => session.connection.holds(grant),
        options.stopped() ??
          new WarderError(
            'grant.sign_in_needed',
            'The account was revoked while the call was under way.',
          ),
      )
    },
    async renewGrant(grant) {
      await Promise.all([...sessions].map(({ connection }) => connection.renewed(grant)))
    },
    async renewSecret(secret) {
      await Promise.all([...sessions].map(({ connection }) => connection.secretSet(secret)))
    },
    cutServer(server) {
      catalogue?.forgetServer(server)
      return cutWhere(
        (session) => session.server === server,
        new WarderError(
          'server.ended',
          `The definition of ${server} was changed while the call was under way.`,
        ),
      )
    },
    forgetAccount: (server, account) => catalogue?.forgetAccount(server, account),
    cutAccounts: (before, after) =>
      cutWhere(
        ({ server, asker }) => choosesOthers(server, asker, before, after),
        new WarderError('server.ended', 'Another account was chosen while the call was under way.'),
      ),
    async cutCalls(why) {
      parking.reconsider()
      await cutWhere(() => true, why)
    },
    async cutAll() {
      catalogue?.clear()
      http.shut()
      // Decided anew, so that the audit says why they came to nothing.
      parking.reconsider()
      // Both begin at once: a server that does not take its goodbye holds up nobody.
      await Promise.all([
        cutWhere(() => true, stoppedError()),
        endWhere(({ proof }) => proof === 'bearer', stoppedError()),
      ])
    },
    sessions: () => [...sessions].map(({ principals }) => principals.client),
    test: (server) => probe(house, server, user),
    tools: (client) =>
      knownTools({
        memory: options.remembers?.memory ?? { newest: () => null },
        decide: house.decide,
        servers: Object.keys(config().servers).sort(),
        principals: client === null ? null : { user, client, proof: 'same-user', session: 'look' },
      }),
    announce,
    signedIn(server) {
      for (const session of sessions) session.signedIn(server)
      announce(server)
      parking.reconsider(server)
    },
    reconsider: parking.reconsider,
    parking,
    async close() {
      http.close()
      visits.close()
      await tokenDoor.close()
      await Promise.all(Object.keys(doors.paths()).map(shutOut))
      await endWhere(() => true)
    },
  }
}
