import { WarderError } from '../errors.ts'
import type { Asker } from '../oauth/asker.ts'
import type { Room } from '../runtime/budget.ts'
import type { Server } from '../servers/servers.ts'
import { isRemote } from '../store/config-schema.ts'
import { unlessAborted } from './abort.ts'
import type { Injector } from './credentials.ts'
import { type RequestMessage, type ResponseMessage, withId } from './envelope.ts'
import { LISTEN } from './eras/listening.ts'
import { keepsTokens, whenSet } from './kept-values.ts'
import { createLasting, LASTS } from './lasting.ts'
import { limits } from './limits.ts'
import { INITIALIZED, ownRevision } from './opening.ts'
import { type ParkingTimer, systemTimer } from './timer.ts'
import {
  type Credential,
  InputWanted,
  type LinkHost,
  NotProcessed,
  type Round,
  type Upstream,
  type UpstreamEvents,
} from './upstream/upstream.ts'

/** One session's way to its server. It is opened when the first message needs it and opened again when it broke. */
export interface Connection {
  /** The credential for the next message. @throws WarderError `server.*`, `grant.*`, `secret.*`, `vault.*` */
  inject(): Promise<Credential>
  /**
   * Forwards a request under an id of ours.
   * @param round where the server has begun the call and asked for more
   * @throws WarderError (`bridge.busy` where there is no room for a subscription), NotProcessed, InputWanted, or the signal's
   * reason
   */
  request(
    message: RequestMessage,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    round?: Round,
  ): Promise<ResponseMessage>
  /**
   * Forwards a notification or the answer to a server's request, as it is; without an open server there is nobody whom
   * it could concern. @throws WarderError, NotProcessed
   */
  send(text: string, credential: Credential): Promise<void>
  /** The revision of the server that is open, where the session speaks another one. */
  serverRevision(): Promise<string | null>
  /** True once the client has opened the session; before that it must not be told anything. */
  opened(): boolean
  /** The client's opening; null before it. */
  openedWith(): RequestMessage | null
  /** True while a server is open: a message need not wait for one. */
  warm(): boolean
  /** True where the client shows its person a link that it is given (MCP 2025-11-25, Elicitation, URL mode). */
  elicitsUrls(): boolean
  /** True where the client declared this ability when it opened the session. */
  offers(ability: string): boolean
  /**
   * Keeps the opening of a client whose server is not open yet.
   *
   * @param answered the revision that the client was answered with, where that is known
   */
  remember(initialize: RequestMessage, answered?: string | null): void
  /** True while the server is connected with a token of this grant in its hands. */
  holds(grant: string): boolean
  /**
   * A token of this grant was renewed. A local server that holds the old one is let go of as soon as it has nothing to
   * answer, or is given the new one, as its definition says.
   */
  renewed(grant: string): Promise<void>
  /** The same where a person has set this secret anew. */
  secretSet(secret: string): Promise<void>
  /** Ends the connection; the next message opens a new one. Nothing comes from the old one after this call. */
  reset(): Promise<void>
  /** Ends the connection for good. */
  close(): Promise<void>
}

/** An own id for replaying the opening; the ids of forwarded requests are plain numbers. */
const REPLAY_ID = '"warder-opening"'

/** One opened server. What comes from a link that is no longer the current one is nobody's. */
interface Link {
  readonly server: Server
  /** What went with the last message, or with the start of a local server, without what that one has by now. */
  latest: Credential
  /** Every grant of which it was ever sent a token: streams may be open that were opened with an older one. */
  readonly grants: Set<string>
  /** Open, and where the client's opening had to be played again, that too. */
  readonly ready: Promise<Upstream>
  /** The same once it is there, so that no call waits for what is. */
  upstream: Upstream | null
  /** Only open. */
  readonly opened: Promise<Upstream>
  /** Requests that wait for their answer on it. */
  busy: number
  /** It holds a token that was renewed since: it ends with its last answer. */
  stale?: boolean
  /** Ends the wait after which it is ended unused. */
  resting?: () => void
}

export function createConnection(options: {
  lookup: () => Server
  asker: Asker
  injector: Injector
  /** True from the instant that a grant is revoked: a token that was fetched before must not leave after. */
  revoked: (grant: string) => boolean
  /** Why nothing may leave, else null: then no credential is used, whatever it is, not even to say goodbye. */
  stopped: () => WarderError | null
  connect: (credential: Credential, host: LinkHost) => Promise<Upstream>
  /** Gives a running local server the values of a new credential. */
  refeed?: (credential: Credential) => Promise<void>
  events: UpstreamEvents
  timer?: ParkingTimer
  /** Where counts what the session hears of; absent: nowhere. */
  room?: Room
  /** Told how a server was opened behind its client. */
  onOpened?: (initialize: RequestMessage, answer: ResponseMessage, credential: Credential) => void
}): Connection {
  const { lookup, asker, injector, revoked, stopped, connect, events } = options
  const { timer = systemTimer } = options
  let current: Link | null = null
  /** All that are not closed: beside the current one those that were forgotten by their server and still answer calls. */
  const links = new Set<Link>()
  /** Who asked: what goes with a further round was meant for that server and that account. */
  const askers = new WeakMap<InputWanted, Link>()
  const subscribed = new Set<string>()
  const lasting = createLasting(options.room)
  /** The client's own `initialize`, kept to open again what broke. */
  let opening: RequestMessage | null = null
  /** The revision that the client was answered with. */
  let revision: string | null = null
  /** A local server may hold a lock or a port: the next one starts when it is gone. */
  let leaving: Promise<unknown> = Promise.resolve()
  let closed = false

  /** Takes no turn of its own: every call passes here. @throws also before it returns */
  function inject(): Promise<Credential> {
    const server = lookup()
    if (isRemote(server.definition)) return injector.headers(server, asker)
    if (current === null) return injector.environment(server, asker)
    // One that speaks HTTP gets them with each request.
    if (server.definition.http?.headers !== undefined) return injector.headers(server, asker)
    // A running server got its credentials when it was started.
    const { latest } = current
    const isSame = latest.server.definition === server.definition
    return Promise.resolve(isSame ? latest : { ...latest, server })
  }

  /** The last look before something leaves: much may have happened since the credential was fetched. */
  function check(credential: Credential, link: Link | null): void {
    if (closed) throw new WarderError('server.ended', 'The session has ended.')
    const held = stopped()
    if (held !== null) throw held
    if (credential.grants.some(revoked))
      throw new WarderError('grant.sign_in_needed', 'The account was revoked during the call.')
    // Fetched for the definition as it was; the server that is open now is of another one.
    if (link === null) return
    if (!sameServer(link.server, credential.server)) throw new NotProcessed('session-expired')
    // A session that was opened as one account is never carried on as another.
    if (!sameGrants(link.latest, credential)) {
      detach(link)
      if (link.busy === 0) void drop(link)
      throw new NotProcessed('session-expired')
    }
  }

  function open(credential: Credential, replay: RequestMessage | null): Link {
    const own: LinkHost = {
      ...events,
      onMessage: (...message) => (current === link ? events.onMessage(...message) : undefined),
      onClosed: () => void drop(link),
      check: (latest) => check(latest, null),
      async credential() {
        const fresh = await inject()
        if (current !== link) throw new WarderError('server.ended', 'The server has ended.')
        check(fresh, link)
        hold(link, fresh)
        return fresh
      },
      subscribed,
    }
    const opened = leaving.then(() => {
      check(credential, null)
      // Let go of while the one before it was still ending: then nothing starts any more.
      if (!links.has(link)) throw new WarderError('server.ended', 'The server has ended.')
      return connect(credential, own)
    })
    const link: Link = {
      server: credential.server,
      // The values are in the child's environment now; we need them no longer.
      latest: { ...credential, environment: null, placed: null },
      grants: new Set(credential.grants),
      opened,
      upstream: null,
      busy: 0,
      ready: replay === null ? opened : opened.then((fresh) => again(fresh, replay, credential)),
    }
    current = link
    links.add(link)
    link.ready.then(
      (upstream) => {
        link.upstream = upstream
      },
      () => drop(link),
    )
    return link
  }

  /** Plays the client's opening to a fresh server. Its deadline is its own: several calls may wait for it. */
  async function again(
    fresh: Upstream,
    initialize: RequestMessage,
    credential: Credential,
  ): Promise<Upstream> {
    const signal = AbortSignal.timeout(limits.openingMs)
    const answer = await fresh
      .request(withId(initialize, REPLAY_ID), REPLAY_ID, credential, signal)
      .catch((error: unknown) => {
        throw signal.aborted ? silent(error) : error
      })
    if (answer.error !== undefined)
      throw new WarderError('server.refused', 'The server does not let the session open again.')
    await fresh.send(INITIALIZED, credential)
    askAgain(fresh, credential)
    options.onOpened?.(initialize, answer, credential)
    return fresh
  }

  /** Nobody waits for these answers: what the server does not take any more is no reason not to go on. */
  function askAgain(fresh: Upstream, credential: Credential): void {
    const signal = AbortSignal.timeout(limits.openingMs)
    // One without sessions goes on with `subscribed` by itself.
    const listens = (fresh.revision?.() ?? null) === null
    for (const { id, method, text } of lasting.again((uri) => events.mayRead?.(uri) === true)) {
      if (!listens && method === 'resources/subscribe') continue
      check(credential, null)
      fresh.request(text, id, credential, signal).catch(() => {})
    }
  }

  /** New messages go another way; what is under way on the link may still be answered. */
  function detach(link: Link): void {
    if (current !== link) return
    current = null
    events.onClosed()
  }

  /** Lets go of a link at once, and resolves when its server has been told and is gone. */
  async function drop(link: Link): Promise<void> {
    detach(link)
    links.delete(link)
    link.resting?.()
    // A token that was revoked is not even used to say goodbye.
    const goodbye = stopped() !== null || [...link.grants].some(revoked) ? null : link.latest
    const gone = link.opened.then((upstream) => upstream.close(goodbye)).catch(() => {})
    if (!isRemote(link.server.definition)) leaving = Promise.all([leaving, gone])
    await gone
  }

  /** A local server that nobody uses is ended when its definition says so; the next message starts another one. */
  function rest(link: Link): void {
    const { definition } = link.server
    if (isRemote(definition) || definition.idleSeconds === undefined) return
    link.resting?.()
    // Who waits for news of it uses it.
    if (lasting.listens) return
    link.resting = timer.after(definition.idleSeconds * 1_000, () => {
      if (current === link && link.busy === 0) void drop(link)
    })
  }

  const refeed = async ({ server }: Link) =>
    options.refeed?.(await injector.environment(server, asker))

  /** What its process holds is over: the next one gets what is good now. */
  function outdate(link: Link): void {
    if (link.busy === 0) void drop(link)
    else link.stale = true
  }

  const dropAll = () => Promise.all([...links].map(drop))

  /** The link that a message goes out on, opened where there is none. */
  function linkFor(message: RequestMessage, credential: Credential): Link {
    if (message.method === 'initialize') {
      // A second opening starts over, as a client does that lost track.
      if (current !== null) void drop(current)
      subscribed.clear()
      lasting.clear()
      opening = message
    }
    if (current !== null) return current
    if (opening === null)
      throw new WarderError(
        'bridge.not_opened',
        'The session has to be opened with initialize first.',
      )
    // It was running when the credential was asked for, and ended since.
    if (!isRemote(credential.server.definition) && credential.environment === null)
      throw new NotProcessed('session-expired')
    return open(credential, message === opening ? null : opening)
  }

  return {
    inject,
    async request(message, id, credential, signal, round) {
      signal.throwIfAborted()
      check(credential, null)
      if (round && (current === null || askers.get(round.wanted) !== current)) throw askerGone()
      const link = linkFor(message, credential)
      const upstream = link.upstream ?? (await unlessAborted(link.ready, signal))
      if (current !== link) throw new NotProcessed('session-expired')
      check(credential, link)
      hold(link, credential)
      // A stream that only listens keeps no link alive that is left otherwise; it ends with the link.
      const work = message.method === LISTEN ? 0 : 1
      link.busy += work
      let settle: ((agreed: boolean) => void) | undefined
      try {
        if (LASTS.has(message.method)) settle = lasting.asked(message)
        const answer = await upstream.request(withId(message, id), id, credential, signal, round)
        settle?.(answer.error === undefined)
        if (message === opening)
          revision = answer.result?.member('protocolVersion')?.string() ?? null
        return answer
      } catch (error) {
        if (error instanceof InputWanted) askers.set(error, link)
        // Only of the link that forgot us: another call may have opened the next one already.
        if (forgotten(error) || message.method === 'initialize') detach(link)
        throw error
      } finally {
        settle?.(false)
        link.busy -= work
        if ((current !== link || link.stale) && link.busy === 0) void drop(link)
        else rest(link)
      }
    },
    async send(text, credential) {
      const link = current
      if (link === null) return
      const upstream = link.upstream ?? (await link.ready)
      if (current !== link) return
      check(credential, link)
      hold(link, credential)
      try {
        await upstream.send(text, credential)
      } catch (error) {
        if (forgotten(error)) {
          detach(link)
          if (link.busy === 0) void drop(link)
        }
        throw error
      }
    },
    serverRevision: async () => (await current?.ready)?.revision?.() ?? null,
    opened: () => opening !== null,
    openedWith: () => opening,
    warm: () => current !== null && current.upstream !== null,
    elicitsUrls() {
      const capabilities = opening?.params?.member('capabilities')
      const urls = capabilities?.member('elicitation')?.member('url')
      return revision === '2025-11-25' && urls?.kind === 'object'
    },
    offers: (ability) =>
      opening?.params?.member('capabilities')?.member(ability)?.kind === 'object',
    remember(initialize, answered) {
      opening = initialize
      revision = answered ?? ownRevision(initialize)
    },
    holds: (grant) => [...links].some((link) => link.grants.has(grant)),
    async renewed(grant) {
      for (const link of links) {
        const { definition } = link.server
        if (isRemote(definition) || !link.grants.has(grant) || !keepsTokens(definition)) continue
        if (definition.onRenewal === 'refeed') await refeed(link)
        else outdate(link)
      }
    },
    async secretSet(secret) {
      for (const link of links) {
        const { definition } = link.server
        const wanted = isRemote(definition) ? 'nothing' : whenSet(definition, secret)
        if (wanted === 'refeed') await refeed(link)
        if (wanted === 'restart') outdate(link)
      }
    },
    async reset() {
      await dropAll()
    },
    async close() {
      closed = true
      lasting.close()
      await dropAll()
      await leaving
    },
  }
}

function hold(link: Link, credential: Credential): void {
  link.latest =
    credential.environment === null
      ? credential
      : { ...credential, environment: null, placed: null }
  for (const grant of credential.grants) link.grants.add(grant)
}

const forgotten = (error: unknown) =>
  error instanceof NotProcessed && error.reason === 'session-expired'

const silent = (cause: unknown) =>
  new WarderError('server.unreachable', 'The server does not let the session open again in time.', {
    cause,
  })

const askerGone = () =>
  new WarderError('server.ended', 'The server that asked has gone, and its call with it.')

/** A reloaded configuration has new objects for what did not change. */
const sameServer = (a: Server, b: Server) =>
  a.definition === b.definition || JSON.stringify(a.definition) === JSON.stringify(b.definition)

const sameGrants = (a: Credential, b: Credential) =>
  a.grants.length === b.grants.length && a.grants.every((grant) => b.grants.includes(grant))
