import { randomUUID } from 'node:crypto'
import { isWarderError, WarderError } from '../../errors.ts'
import { readMessage } from '../envelope.ts'
import { limits } from '../limits.ts'
import { SESSION_REVISIONS } from '../opening.ts'
import { refusal } from '../refusal.ts'
import type { Visit } from '../types.ts'
import type { TokenVisit } from './token.ts'

/**
 * The sessions of the token door (MCP 2025-11-25, Session Management). The id finds a session again; it is never a
 * credential: the bearer of the same client has to come with it.
 */
export interface HttpSessions {
  readonly receive: TokenVisit['receive']
  close(): void
}

interface Known {
  readonly visit: Visit
  readonly client: string
  readonly server: string | null
  lastUsed: number
  busy: number
}

const SWEEP_MS = 60_000

export function openHttpSessions(options: {
  begin: (client: string, server: string | null) => Visit
}): HttpSessions {
  const { begin } = options
  const known = new Map<string, Known>()
  const sweeper = setInterval(sweep, SWEEP_MS)
  sweeper.unref()

  function sweep(): void {
    const oldest = Date.now() - limits.sessionIdleMs
    for (const [id, entry] of known)
      if (entry.visit.ended || (entry.busy === 0 && entry.lastUsed < oldest)) forget(id)
  }

  function forget(id: string): void {
    const entry = known.get(id)
    known.delete(id)
    if (entry !== undefined) void entry.visit.close()
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
    async receive({ client, server, session: id, protocolVersion, text, reply }) {
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
      if (id === undefined) {
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
        entry = { visit: begin(client, server), client, server, lastUsed: Date.now(), busy: 0 }
        known.set(fresh, entry)
        reply.open(fresh)
      } else {
        entry = known.get(id)
        // Its client was shut out, and may be let in again under the same name.
        if (entry?.visit.ended) {
          known.delete(id)
          entry = undefined
        }
        // Another client's session is as unknown as one that never was.
        if (entry === undefined || entry.client !== client || entry.server !== server)
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
        entry.lastUsed = Date.now()
      }
      reply.accepted()
    },
    close() {
      clearInterval(sweeper)
      known.clear()
    },
  }
}
