import { randomUUID } from 'node:crypto'
import { WarderError } from '../errors.ts'
import type { Principals } from '../identity/principals.ts'
import { createBriefMap } from './brief-map.ts'
import { progressTokenOf } from './envelope.ts'
import { LISTEN } from './eras/listening.ts'
import type { Era } from './eras/revisions.ts'
import { bytesOf } from './kept-text.ts'
import { limits } from './limits.ts'
import { checkOpening } from './opening.ts'
import { createServerSide } from './server-messages.ts'
import { elicitationComplete } from './sign-in-refusal.ts'
import { type SubscriptionWay, subscriptionWay } from './subscription-way.ts'
import { systemTimer } from './timer.ts'
import type { Channel, House, Pending, Session, StandingWay } from './types.ts'

interface Waiting {
  readonly pending: Pending
  readonly upstreamId: string
  readonly progressToken: string | null
  /** The way that it came. */
  readonly way: Channel
  /** Null for a notification: nothing may be said in the place of an answer to it. */
  readonly channel: Channel | null
  /** Of a request that only listens. */
  readonly subscription: SubscriptionWay | null
  readonly controller: AbortController
  /** When its time is over, on the timer's clock. */
  readonly until: number
}

export function createSession(options: {
  principals: Omit<Principals, 'session'>
  server: string
  /** Where the client was started, as its shim says; null where nobody says. */
  folder: string | null
  house: House
  standing: StandingWay
  /** A client of requests that stand alone shares its session with itself: each way to it counts its ids alone. */
  speaks?: Era
}): Session {
  const { server, house, standing, speaks = 'session' } = options
  const principals = { ...options.principals, session: randomUUID() }
  const asker = { client: principals.client, folder: options.folder }
  const waiting = createBriefMap<string, Waiting>()
  /** Server → the sign-in that the client's person was asked for. */
  const elicitations = new Map<string, string>()
  /** The ways that a client without sessions has spoken. */
  const ways = new WeakMap<Channel, number>()
  const { timer = systemTimer } = house
  const { asks, answers } = house.budget.of(principals.client)
  let counter = 0
  let size = 0
  let ended = false
  let stopWatching: (() => void) | undefined

  /** One timer for all calls: one for each costs as much as the record of the call. */
  function endLate(): void {
    const now = timer.now()
    const calls = [...waiting.values()]
    const next = Math.min(...calls.map(({ until }) => (until > now ? until : Infinity)))
    stopWatching = next === Infinity ? undefined : timer.after(next - now, endLate)
    for (const { until, controller } of calls) if (until <= now) controller.abort(tooLong())
  }

  function wayOf(channel: Channel): string {
    if (speaks === 'session') return ''
    const way = ways.get(channel) ?? ++counter
    ways.set(channel, way)
    return `${way} `
  }

  const session: Session = {
    principals,
    server,
    asker,
    speaks,
    get standing() {
      return standing()
    },
    connection: house.connect(
      server,
      asker,
      {
        onMessage: (...message) => session.serverSide.receive(...message),
        onClosed: () => session.serverSide.forget(),
        mayRead: (uri) => session.serverSide.mayRead(uri),
      },
      speaks,
    ),
    serverSide: createServerSide(() => session, house),
    get ended() {
      return ended
    },
    begin(message, channel) {
      if (ended) throw new WarderError('bridge.not_opened', 'The session has ended.')
      const controller = new AbortController()
      const upstreamId = String(++counter)
      const isRequest = message.kind === 'request'
      const key = isRequest ? `${wayOf(channel)}${message.id}` : `notification ${upstreamId}`
      const own = message.text.length
      if (waiting.has(key))
        throw new WarderError(
          'bridge.malformed',
          'The message is refused: its id is in use by an earlier one.',
        )
      if (isRequest && message.method === 'initialize') checkOpening(message)
      if (waiting.size >= limits.inFlight || (size > 0 && size + own > limits.inFlightBytes))
        throw new WarderError('bridge.busy', 'Too many calls of this session wait for an answer.')
      const progressToken = progressTokenOf(message)
      checkProgressToken(progressToken)
      const listens = speaks === 'stateless' && isRequest && message.method === LISTEN
      const subscription = listens ? subscriptionWay(channel, message) : null
      const back = subscription?.channel ?? channel
      const weight = limits.callBytes + (message.params?.weight() ?? bytesOf(message.text))
      if (!asks.take(weight)) throw new WarderError('bridge.busy', 'Too much of this client waits.')
      let kept = 0
      const pending: Pending = {
        upstreamId,
        channel: back,
        signal: controller.signal,
        parked: false,
        answered: false,
        keep(bytes) {
          const fits = waiting.has(key) && answers.take(bytes)
          if (fits) kept += bytes
          return fits
        },
        end() {
          if (!waiting.delete(key)) return
          size -= own
          asks.give(weight)
          answers.give(kept)
        },
      }
      const hasDeadline = isRequest && !listens
      if (hasDeadline) stopWatching ??= timer.after(limits.callMs, endLate)
      waiting.set(key, {
        pending,
        upstreamId,
        progressToken,
        way: channel,
        channel: isRequest ? back : null,
        subscription,
        controller,
        until: hasDeadline ? timer.now() + limits.callMs : Infinity,
      })
      size += own
      return pending
    },
    giveUp(clientId, channel) {
      const call = waiting.get(`${wayOf(channel)}${clientId}`)
      if (call === undefined) return null
      call.controller.abort()
      return call.upstreamId
    },
    leave(channel) {
      for (const { way, controller } of waiting.values()) if (way === channel) controller.abort()
    },
    listsChanged() {
      for (const { subscription } of waiting.values()) subscription?.listsChanged()
    },
    channelFor(upstreamId, progressToken = null) {
      const calls = [...waiting.values()].filter(({ channel }) => channel !== null)
      const related = calls.find((call) => call.upstreamId === upstreamId)
      // Without a session nothing is said unasked, and tokens of progress are only unique for one way.
      if (related || speaks === 'stateless') return related?.channel ?? null
      const token = calls.find((call) => progressToken && call.progressToken === progressToken)
      return token?.channel ?? standing() ?? calls[0]?.channel ?? null
    },
    elicitation(at) {
      if (speaks === 'stateless' || !session.connection.elicitsUrls()) return null
      const id = elicitations.get(at) ?? randomUUID()
      elicitations.set(at, id)
      return id
    },
    signedIn(at) {
      const id = elicitations.get(at)
      if (id === undefined || !elicitations.delete(at)) return
      session.channelFor(null)?.send(elicitationComplete(id))
    },
    async cut(reason) {
      for (const { pending, controller } of waiting.values())
        if (!pending.parked) controller.abort(reason)
      await session.connection.reset()
    },
    async close(reason) {
      ended = true
      stopWatching?.()
      for (const { controller } of waiting.values()) controller.abort(reason)
      await session.connection.close()
    },
  }
  return session
}

/**
 * Each word of progress carries it, and it is kept for as long as its call.
 *
 * @throws WarderError `bridge.malformed` where it is neither a string nor a number (MCP, Progress), or very long
 */
function checkProgressToken(token: string | null): void {
  if (token === null || (/^["\d-]/.test(token) && token.length <= limits.progressTokenLength))
    return
  throw new WarderError(
    'bridge.malformed',
    'The message is refused: its progressToken is neither a short text nor a number.',
  )
}

const tooLong = () =>
  new WarderError('server.timed_out', 'The call took too long, so Warder gave it up.')
