import { randomUUID } from 'node:crypto'
import { isWarderError, WarderError } from '../../errors.ts'
import { readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import { SESSION_REVISIONS } from '../opening.ts'
import { refusal } from '../refusal.ts'
import type { StandingWay, Visit } from '../types.ts'
import type { HttpReply } from './http-reply.ts'
import type { Address, TokenVisit } from './token.ts'

/**
 * The sessions of the token door (MCP 2025-11-25, Session Management). The id finds a session again; it is never a
 * credential: the bearer of the same client has to come with it.
 */
export interface HttpSessions extends Pick<TokenVisit, 'receive' | 'listen' | 'end'> {
  /** Ends the streams of a client, or of all, and forgets their sessions; those are ended by who calls this. */
  shut(client?: string): void
  close(): void
}

interface Known {
  readonly visit: Visit
  readonly client: string
  readonly server: string | null
  readonly hears: Hears
  /** On a clock that nobody can set: one that is set would end sessions, or keep them. Milliseconds. */
  lastUsed: number
  busy: number
}

/** The stream on which a client hears what it did not ask for, while it holds one open. */
interface Hears {
  stream: HttpReply | null
}

const SWEEP_MS = 60_000

export function openHttpSessions(options: {
  begin: (client: string, server: string | null, standing: StandingWay) => Visit
}): HttpSessions {
  const { begin } = options
  const known = new Map<string, Known>()
  const sweeper = setInterval(sweep, SWEEP_MS)
  sweeper.unref()

  function sweep(): void {
    const oldest = performance.now() - limits.sessionIdleMs
    for (const [id, entry] of known)
      if (entry.visit.ended || (entry.busy === 0 && entry.lastUsed < oldest)) forget(id)
  }

  function drop(id: string): Known | undefined {
    const entry = known.get(id)
    known.delete(id)
    entry?.hears.stream?.accepted()
    return entry
  }

  function forget(id: string): void {
    void drop(id)?.visit.close()
  }

  /** Another client's session is as unknown as one that never was. */
  function find({ client, server, session: id }: Address): Known | undefined {
    const entry = id === undefined ? undefined : known.get(id)
    // Its client was shut out, and may be let in again under the same name.
    if (id !== undefined && entry?.visit.ended) return void drop(id)
    return entry?.client === client && entry.server === server ? entry : undefined
  }

  /** Room for one more session of this client: the one that was idle longest goes. */
  function makeRoom(client: string): void {
    const own = [...known].filter(([, entry]) => entry.client === client)
    if (own.length < limits.sessionsPerClient) return
    const [idle] = own
      .filter(([, entry]) => entry.busy === 0)
      .sort(([, a], [, b]) => a.lastUsed - b.lastUsed)
    if (idle === undefined)
      throw new WarderError('bridge.busy', 'This client has too many sessions at work.')
    forget(idle[0])
  }

  function openingOf(text: string): boolean {
    const message = readMessage(text)
    return message.kind === 'request' && message.method === 'initialize'
  }

  return {
    async receive({ protocolVersion, text, reply, ...from }) {
      const { client, server } = from
      if (
        protocolVersion !== undefined &&
        !(SESSION_REVISIONS as readonly string[]).includes(protocolVersion)
      )
        return reply.refuse(
          refusal(
            'null',
            new WarderError('bridge.era_unsupported', 'This revision is not spoken here yet.'),
          ),
        )
      let entry: Known | undefined
      if (from.session === undefined) {
        try {
          if (!openingOf(text))
            throw new WarderError(
              'bridge.not_opened',
              'The session has to be opened with initialize first.',
            )
          makeRoom(client)
        } catch (error) {
          if (isWarderError(error)) return reply.refuse(refusal('null', error))
          throw error
        }
        const fresh = randomUUID()
        const hears: Hears = { stream: null }
        const visit = begin(client, server, () => hears.stream)
        entry = { visit, client, server, hears, lastUsed: performance.now(), busy: 0 }
        known.set(fresh, entry)
        reply.open(fresh)
      } else {
        entry = find(from)
        if (entry === undefined)
          return reply.refuse(
            refusal('null', new WarderError('bridge.not_opened', 'There is no such session.')),
            404,
          )
      }
      entry.busy++
      try {
        await entry.visit.receive(text, reply)
      } finally {
        entry.busy--
        entry.lastUsed = performance.now()
      }
      reply.accepted()
    },
    listen(from, reply) {
      const entry = find(from)
      if (entry === undefined) return 404
      // Each message goes to one stream only (§ Multiple Connections), and a second reader would take the first one's.
      if (entry.hears.stream !== null) return 409
      const leaving = reply.leaving?.()
      if (leaving?.aborted) return null
      entry.hears.stream = reply
      entry.busy++
      leaving?.addEventListener(
        'abort',
        () => {
          entry.hears.stream = null
          entry.busy--
          entry.lastUsed = performance.now()
        },
        { once: true },
      )
      reply.listen()
      return null
    },
    async end(from) {
      const entry = find(from)
      if (entry === undefined || from.session === undefined) return 404
      await drop(from.session)?.visit.close()
      return 204
    },
    shut(client) {
      for (const [id, entry] of known) if (client === undefined || entry.client === client) drop(id)
    },
    close() {
      clearInterval(sweeper)
      for (const id of [...known.keys()]) drop(id)
    },
  }
}
