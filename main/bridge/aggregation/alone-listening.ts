import {
  type NotificationMessage,
  type RequestMessage,
  readMessage,
  resultResponse,
} from '../envelope.ts'
import type { Claim } from '../eras/claim.ts'
import { concerns, LISTEN, LISTS, onStream, SUBSCRIPTION } from '../eras/listening.ts'
import { limits } from '../limits.ts'
import type { ParkingTimer } from '../parking.ts'
import type { StatelessVisit } from '../stateless-visit.ts'
import type { Channel } from '../types.ts'
import { requestAs } from './alone-branch.ts'
import { type Branch, waitsForNobody } from './branch.ts'
import { createBursts, LIST_NAMES, type ListName, listChanged } from './bursts.ts'
import type { AllAlone } from './gathering.ts'
import { within } from './server-list.ts'

/** A client of 2026-07-28 that listens to all servers (Subscriptions): each is listened to, and it hears one stream. */
export interface ListeningHouse {
  readonly claim: Claim
  readonly all: AllAlone
  readonly channel: Channel
  /** The way of this client to one server. */
  readonly visit: (server: string, channel: Channel) => StatelessVisit
  /** The client has given it up, or gone. */
  readonly signal: AbortSignal
  readonly timer: ParkingTimer
}

/** A client that wants to hear of more wants to hear of everything. */
const MOST_RESOURCES = 256

/** Resolves when the client has gone, or all servers are over for it. */
export async function listenToAll(message: RequestMessage, house: ListeningHouse): Promise<void> {
  const { claim, all, channel, signal, timer } = house
  const { branches, lists } = all.gathering
  const filter = message.params?.member('notifications')
  const wanted = LISTS.filter(([name]) => filter?.member(name)?.boolean() === true)
  const wants = new Set<ListName>(wanted.map(([, name]) => name))
  const uris = await resourcesOf(message, all)
  const agreed = new Set<string>()
  const inner = new Map<string, { readonly way: StatelessVisit; readonly agreed: Promise<void> }>()
  /** What has changed before the client may be told anything; null from the acknowledgement on. */
  let early: Set<ListName> | null = new Set()

  const bursts = createBursts(timer, (name) => {
    const changed = readMessage(listChanged(name)) as NotificationMessage
    channel.send(onStream(changed, message.id).text)
  })

  function changed(names: readonly ListName[]): void {
    const own = names.filter((name) => wants.has(name))
    if (early === null) bursts.changed(own)
    else for (const name of own) early.add(name)
  }

  function hear(said: NotificationMessage, { key, server }: Branch): void {
    const uri = said.params?.member('uri')?.string()
    const own = uris.get(server)?.filter((one) => agreed.has(one)) ?? []
    const isWanted = uri !== undefined && own.some((one) => concerns(uri, one))
    const names = LIST_NAMES.filter((name) => said.method === `notifications/${name}/list_changed`)
    lists.stale(names, key)
    changed(names)
    if (said.method === 'notifications/resources/updated' && early === null && isWanted)
      channel.send(onStream(said, message.id).text)
  }

  function listenTo(branch: Branch): void {
    const { server } = branch
    const resourceSubscriptions = uris.get(server) ?? []
    if (inner.has(server) || (wants.size === 0 && resourceSubscriptions.length === 0)) return
    const answered = Promise.withResolvers<void>()
    let isHeard = false
    const way = house.visit(server, {
      send(text) {
        const said = readMessage(text)
        if (said.kind !== 'notification') return
        if (said.method !== ACKNOWLEDGED) return hear(said, branch)
        const given = said.params?.member('notifications')?.member('resourceSubscriptions')
        const uris = given?.elements().map((uri) => uri.string()) ?? []
        for (const uri of resourceSubscriptions) if (uris.includes(uri)) agreed.add(uri)
        isHeard = true
        answered.resolve()
      },
      reply: () => {},
      refuse: () => {},
      room: () => channel.room?.(),
      leaving: () => waitsForNobody,
    })
    inner.set(server, { way, agreed: answered.promise })
    const notifications = {
      ...Object.fromEntries(wanted.map(([name]) => [name, true])),
      resourceSubscriptions,
    }
    const request = requestAs(claim, LISTEN, JSON.stringify({ notifications }))
    void way.request(request, claim).then(() => {
      answered.resolve()
      if (inner.get(server)?.way === way) inner.delete(server)
      // It was cut or has ended; one that would not listen at all is asked when something changes.
      if (isHeard) timer.after(limits.listWaitMs, listenToEach)
    })
  }

  function listenToEach(): void {
    if (signal.aborted || all.ended) return
    const there = branches.all()
    for (const [server, { way }] of inner)
      if (!there.some((branch) => branch.server === server)) way.leave()
    for (const branch of there) listenTo(branch)
  }

  const over = Promise.withResolvers<void>()
  const onChanged = (names: readonly ListName[]) => {
    changed(names)
    listenToEach()
  }
  const offs = [all.events.on('changed', onChanged), all.events.on('closed', over.resolve)]
  signal.addEventListener('abort', () => over.resolve(), { once: true })
  try {
    listenToEach()
    const owners = [...inner].filter(([server]) => uris.has(server))
    const answers = Promise.all(owners.map(([, { agreed }]) => agreed))
    await Promise.race([within(timer, limits.listWaitMs, answers), over.promise])
    if (signal.aborted) return
    channel.send(
      acknowledged(
        message.id,
        wanted.map(([name]) => name),
        [...agreed],
      ),
    )
    const late = early
    early = null
    changed([...late])
    if (!all.ended) await over.promise
    if (!signal.aborted)
      channel.reply(
        resultResponse(
          message.id,
          `{"resultType":"complete","_meta":{"${SUBSCRIPTION}":${message.id}}}`,
        ),
      )
  } finally {
    for (const off of offs) off()
    bursts.close()
    for (const { way } of inner.values()) way.leave()
  }
}

const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged'

/** The resources that it wants to hear of, by the server that has them; those of nobody are left out. */
async function resourcesOf(
  { params }: RequestMessage,
  { gathering }: AllAlone,
): Promise<ReadonlyMap<string, string[]>> {
  const wanted = params?.member('notifications')?.member('resourceSubscriptions')?.elements() ?? []
  const names = new Set(wanted.slice(0, MOST_RESOURCES).flatMap((uri) => uri.string() ?? []))
  const found = new Map<string, string[]>()
  for (const uri of names) {
    const server = await gathering.routes.ownerOf(uri)
    if (server !== null) found.set(server, [...(found.get(server) ?? []), uri])
  }
  return found
}

const acknowledged = (id: string, lists: readonly string[], resources: readonly string[]) => {
  const notifications = {
    ...Object.fromEntries(lists.map((name) => [name, true])),
    ...(resources.length > 0 ? { resourceSubscriptions: resources } : {}),
  }
  return `{"jsonrpc":"2.0","method":"${ACKNOWLEDGED}","params":{"_meta":{"${SUBSCRIPTION}":${id}},"notifications":${JSON.stringify(notifications)}}}`
}
