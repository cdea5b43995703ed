import { WarderError } from '../../errors.ts'
import { unlessAborted } from '../abort.ts'
import {
  errorResponse,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
  withId,
} from '../envelope.ts'
import { LOG_LEVELS } from '../eras/claim.ts'
import { limits } from '../limits.ts'
import { checkOpening, ownRevision } from '../opening.ts'
import { refusal } from '../refusal.ts'
import type { Channel, Session, StandingWay, Visit } from '../types.ts'
import type { BranchPlace, SessionBranch } from './branch.ts'
import { createBursts, LIST_NAMES, listChanged } from './bursts.ts'
import { createGathering, type GatheringHouse } from './gathering.ts'
import { readLabel, unlabelledProgress } from './labels.ts'
import { isList } from './lists.ts'
import { createRequests } from './requests.ts'
import { isRouted } from './routes.ts'
import { within } from './server-list.ts'
import { createSessionBranch, openingOf } from './session-branch.ts'
import { createWayBack } from './way-back.ts'

/**
 * One client that named no server and has all of them: what is its own is answered here, and everything else is an
 * ordinary call of an ordinary session at one server. Nothing is decided here that the relay does not decide again.
 */
export interface AllServers extends Visit {
  /** Rules, servers or accounts have changed: the client is told to ask for the lists again. */
  changed(): void
}

export interface AllServersHouse extends GatheringHouse {
  /** Begins an ordinary session of this client. */
  readonly begin: (server: string, standing: StandingWay) => Session
  readonly end: (session: Session, reason?: WarderError) => Promise<void>
  readonly relay: (text: string, session: Session, channel: Channel) => Promise<void>
}

/** JSON-RPC 2.0 §5.1, and MCP 2025-11-25, Resources, Error Handling. */
const METHOD_NOT_FOUND = -32601
const INVALID_PARAMS = -32602
const RESOURCE_NOT_FOUND = -32002

export function createAllServers(house: AllServersHouse, standing: StandingWay): AllServers {
  const { timer, relay, end } = house
  const requests = createRequests(house.share.asks)
  let initialize: RequestMessage | null = null
  /** What the client last asked for with `logging/setLevel`. */
  let level: string | null = null
  let ended = false

  const anyWay = () => standing() ?? requests.anyChannel()
  const bursts = createBursts(timer, (name) => anyWay()?.send(listChanged(name)))
  const wayBack = createWayBack({
    owns: requests.owns,
    changed(names, key) {
      lists.stale(names, key)
      bursts.changed(names)
    },
    link: (key, uri) => branches.link(key, uri),
    refuse: (key, text) => void branches.labelled(key)?.pass(text, silent),
  })
  const gathering = createGathering<SessionBranch>(house, { begin, changed: bursts.changed })
  const { branches, lists, routes, allows } = gathering

  function begin(place: BranchPlace): SessionBranch {
    const { server, key } = place
    const unasked = () => (standing() === null ? null : wayBack.through(key, standing))
    return createSessionBranch(place, {
      session: house.begin(server, unasked),
      relay,
      end,
      aside: (text) => wayBack.through(key, anyWay).send(text),
      initialize: opened(),
      now: timer.now,
      onOpened: setLevel,
    })
  }

  function opened(): RequestMessage {
    if (initialize !== null && !ended) return initialize
    throw new WarderError(
      'bridge.not_opened',
      'The session has to be opened with initialize first.',
    )
  }

  /** Never fails: a server that does not know the level is no reason to be without it. */
  async function setLevel(branch: SessionBranch): Promise<void> {
    if (level !== null && branch.offers('logging'))
      await branch.ask('logging/setLevel', `{"level":"${level}"}`).catch(() => {})
  }

  async function answer(message: RequestMessage, channel: Channel): Promise<void> {
    const { id, method, params } = message
    const result = (text: string) => channel.reply(resultResponse(id, text))
    if (method === 'initialize') return open(message, channel)
    opened()
    if (method === 'ping') return result('{}')
    if (isList(method)) {
      const signal = requests.signal(id)
      const page = await lists.page(method, params?.member('cursor')?.string())
      if (signal.aborted) return
      if (page !== null) return result(page)
      return channel.reply(errorResponse(id, INVALID_PARAMS, 'The list has no such page any more.'))
    }
    if (method === 'logging/setLevel') {
      const wanted = params?.member('level')?.string() ?? ''
      if (!LOG_LEVELS.includes(wanted))
        return channel.reply(errorResponse(id, INVALID_PARAMS, 'This log level is not known.'))
      level = wanted
      await within(timer, limits.listWaitMs, Promise.all(branches.begun().map(setLevel)))
      return result('{}')
    }
    if (isRouted(method)) return route(message, channel)
    channel.reply(
      errorResponse(id, METHOD_NOT_FOUND, `With all servers at once there is no ${method}.`),
    )
  }

  async function open(message: RequestMessage, channel: Channel): Promise<void> {
    checkOpening(message)
    // A second opening starts over, as a client does that lost track.
    if (initialize !== null) await branches.close()
    initialize = message
    const opening = gathering.opening(openingOf(message))
    const result = { protocolVersion: ownRevision(message), ...opening }
    channel.reply(resultResponse(message.id, JSON.stringify(result)))
  }

  async function route(message: RequestMessage, channel: Channel): Promise<void> {
    const signal = requests.signal(message.id)
    const found = await routes.find(message)
    if (signal.aborted) return
    if (found === null) return channel.reply(unknown(message))
    const branch = branches.of(found.server)
    requests.goes(message, branch)
    // Where the client may do nothing there is nothing to open; the relay says and records it.
    if (allows(found.server)) await unlessAborted(branch.opened(), signal).catch(() => {})
    if (signal.aborted) return
    requests.gone(message.id)
    await branch.pass(
      found.text,
      wayBack.through(branch.key, () => channel),
    )
  }

  async function tell(message: NotificationMessage): Promise<void> {
    switch (message.method) {
      case 'notifications/cancelled': {
        const branch = requests.cancel(message.params?.member('requestId')?.raw)
        return branch?.pass(message.text, silent)
      }
      case 'notifications/progress': {
        const progress = unlabelledProgress(message)
        return progress === null
          ? undefined
          : branches.labelled(progress.key)?.pass(progress.text, silent)
      }
      case 'notifications/roots/list_changed':
        await Promise.all(branches.begun().map((branch) => branch.pass(message.text, silent)))
        return
      // Each server is told by itself that its session is open; what is left says nothing of whom it is for.
      default:
    }
  }

  async function answered(message: ResponseMessage): Promise<void> {
    const label = readLabel(message.id)
    const branch = label && branches.labelled(label.key)
    if (label && branch) await branch.pass(withId(message, label.own), silent)
  }

  return {
    async receive(text, channel) {
      const message = read(text, channel)
      if (message === null) return
      if (message.kind === 'response') return answered(message)
      if (message.kind === 'notification') return tell(message)
      try {
        requests.begin(message, channel)
      } catch (error) {
        return channel.reply(refusal(message.id, error))
      }
      try {
        await answer(message, channel)
      } catch (error) {
        channel.reply(refusal(message.id, error))
      } finally {
        requests.end(message.id)
      }
    },
    changed() {
      lists.stale(LIST_NAMES)
      if (initialize !== null) bursts.changed(LIST_NAMES)
    },
    async close() {
      ended = true
      bursts.close()
      await gathering.close()
    },
    get ended() {
      return ended
    },
  }
}

/** Bytes are refused before any meaning is read. @returns null where that was answered */
function read(text: string, channel: Channel): ReturnType<typeof readMessage> | null {
  try {
    return readMessage(text)
  } catch (error) {
    channel.refuse(refusal('null', error))
    return null
  }
}

function unknown({ id, method, params }: RequestMessage): string {
  if (method.startsWith('resources/')) {
    const uri = params?.member('uri')?.string()
    return errorResponse(id, RESOURCE_NOT_FOUND, 'None of the servers has this resource.', { uri })
  }
  return errorResponse(id, INVALID_PARAMS, 'None of the servers has what is named here.')
}

/** For what is never answered. */
const silent: Channel = { reply: () => {}, send: () => {}, refuse: () => {} }
