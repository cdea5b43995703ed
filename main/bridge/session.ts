import { randomUUID } from 'node:crypto'
import { WarderError } from '../errors.ts'
import type { Principals } from '../identity/principals.ts'
import { limits } from './limits.ts'
import { createServerSide } from './server-messages.ts'
import type { Channel, House, Session } from './types.ts'

interface Waiting {
  readonly upstreamId: string
  readonly progressToken: string | null
  readonly channel: Channel
  readonly controller: AbortController
}

export function createSession(options: {
  principals: Omit<Principals, 'session'>
  server: string
  house: House
  /** The way back that is always there (a socket), or null where each message has its own (HTTP). */
  standing: Channel | null
}): Session {
  const { server, house, standing } = options
  const principals = { ...options.principals, session: randomUUID() }
  const waiting = new Map<string, Waiting>()
  let counter = 0

  const session: Session = {
    principals,
    server,
    connection: house.connect(server, {
      onMessage: (message, related) => session.serverSide.receive(message, related),
      onClosed: () => void session.connection.reset(),
    }),
    serverSide: createServerSide(() => session, house),
    begin(message, channel) {
      const controller = new AbortController()
      const upstreamId = String(++counter)
      const key = message.kind === 'request' ? message.id : `notification ${upstreamId}`
      if (waiting.has(key))
        throw new WarderError(
          'bridge.malformed',
          'The message is refused: its id is in use by an earlier one.',
        )
      if (waiting.size >= limits.inFlight)
        throw new WarderError('bridge.busy', 'Too many calls of this session wait for an answer.')
      const progressToken = message.params?.member('_meta')?.member('progressToken')?.raw ?? null
      waiting.set(key, { upstreamId, progressToken, channel, controller })
      return { upstreamId, channel, signal: controller.signal, end: () => void waiting.delete(key) }
    },
    giveUp(clientId) {
      const call = waiting.get(clientId)
      if (call === undefined) return null
      call.controller.abort()
      return call.upstreamId
    },
    channelFor(upstreamId, progressToken = null) {
      const calls = [...waiting.values()]
      const related = calls.find(
        (call) =>
          call.upstreamId === upstreamId ||
          (progressToken !== null && call.progressToken === progressToken),
      )
      return (related ?? (standing ? { channel: standing } : calls[0]))?.channel ?? null
    },
    async cut(reason) {
      for (const call of waiting.values()) call.controller.abort(reason)
      await session.connection.reset()
    },
    async close() {
      for (const call of waiting.values()) call.controller.abort()
      await session.connection.reset()
    },
  }
  return session
}
