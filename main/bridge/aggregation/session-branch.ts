import { randomUUID } from 'node:crypto'
import { WarderError } from '../../errors.ts'
import { type RequestMessage, type ResponseMessage, readMessage, withId } from '../envelope.ts'
import { type JsonNode, splice } from '../json-scan.ts'
import { INITIALIZED, ownRevision } from '../opening.ts'
import type { Channel, Session } from '../types.ts'
import { type BranchPlace, onceOpened, type SessionBranch, waitsForNobody } from './branch.ts'

export interface SessionBranchHouse {
  readonly session: Session
  readonly relay: (text: string, session: Session, channel: Channel) => Promise<void>
  readonly end: (session: Session, reason?: WarderError) => Promise<void>
  /** Where goes what the server says in the course of a request of ours. */
  readonly aside: (text: string) => void
  /** The client's own. */
  readonly initialize: RequestMessage
  readonly now: () => number
  /** Called once the server is open, before anything else is asked of it. */
  readonly onOpened: (branch: SessionBranch) => Promise<unknown>
}

/** An ordinary session of the same client at one server. */
export function createSessionBranch(place: BranchPlace, house: SessionBranchHouse): SessionBranch {
  const { session, relay, aside, initialize } = house
  const { server } = place
  let capabilities: JsonNode | undefined

  async function answerTo(text: string): Promise<JsonNode> {
    let answer: string | null = null
    const reply = (reply: string) => {
      answer = reply
    }
    await relay(text, session, { reply, refuse: reply, send: aside, leaving: () => waitsForNobody })
    return resultIn(answer, server)
  }

  const opening = onceOpened(house.now, async () => {
    const id = JSON.stringify(`warder-${randomUUID()}`)
    const result = await answerTo(withId(openingOf(initialize), id))
    capabilities = result.member('capabilities')
    await relay(INITIALIZED, session, { reply: () => {}, refuse: () => {}, send: aside })
    await house.onOpened(branch)
  })

  const branch: SessionBranch = {
    ...place,
    get openingSince() {
      return opening.since()
    },
    opened: opening.opened,
    offers: (feature) => capabilities?.member(feature)?.kind === 'object',
    pass: (text, channel) => relay(text, session, channel),
    ask(method, params) {
      const id = JSON.stringify(`warder-${randomUUID()}`)
      return answerTo(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`)
    },
    get ended() {
      return session.ended
    },
    close: (reason) => house.end(session, reason),
  }
  return branch
}

/** @throws WarderError where it is an error, or nothing at all */
export function resultIn(answer: string | null, server: string): JsonNode {
  if (answer === null) throw new WarderError('server.ended', `${server} did not answer.`)
  const { result, error } = readMessage(answer) as ResponseMessage
  if (result !== undefined) return result
  const code = error?.member('data')?.member('code')?.string() ?? error?.member('code')?.raw
  throw new WarderError('server.refused', `${server} answered with an error (${code}).`)
}

/** The client's own opening with the revision that the client was answered with. */
export function openingOf(initialize: RequestMessage): RequestMessage {
  const asked = initialize.params?.member('protocolVersion')
  if (asked === undefined) return initialize
  const text = JSON.stringify(ownRevision(initialize))
  return readMessage(splice(initialize.text, [{ ...spanOf(asked), text }])) as RequestMessage
}

const spanOf = ({ start, end }: { start: number; end: number }) => ({ start, end })
