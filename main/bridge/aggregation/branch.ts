import { randomUUID } from 'node:crypto'
import { WarderError } from '../../errors.ts'
import type { ServerDefinition } from '../../store/config-schema.ts'
import { type RequestMessage, type ResponseMessage, readMessage } from '../envelope.ts'
import { type JsonNode, splice } from '../json-scan.ts'
import { INITIALIZED, ownRevision } from '../opening.ts'
import type { Channel, Session } from '../types.ts'

/** One server of several: an ordinary session of the same client, opened when the first message needs it. */
export interface Branch {
  readonly server: string
  /** The definition that it was opened with. */
  readonly definition: ServerDefinition
  /** Tells it apart from every other branch there ever was in this session. */
  readonly key: string
  readonly session: Session
  /** Since when it is being opened, on the bridge's clock; null where it is not. */
  readonly openingSince: number | null
  /** Resolves when the server has let the session open. @throws WarderError, and the next call tries again */
  opened(): Promise<void>
  /** Whether the server has said that it has this: `tools`, `logging`. Meaningless before it was opened. */
  offers(feature: string): boolean
  /** Relays a message of the client; never rejects. */
  pass(text: string, channel: Channel): Promise<void>
  /** A request of ours, an ordinary call of the relay as well. @throws WarderError for an error and where no answer came */
  ask(method: string, params: string): Promise<JsonNode>
}

export interface BranchHouse {
  readonly relay: (text: string, session: Session, channel: Channel) => Promise<void>
  /** Where goes what the server says in the course of a request of ours. */
  readonly aside: (text: string) => void
  readonly initialize: RequestMessage
  readonly now: () => number
  /** Called once the server is open, before anything else is asked of it. */
  readonly onOpened: (branch: Branch) => Promise<unknown>
}

/** A list is not worth a wait for a sign-in: what the server has is told when it can be. */
const waitsForNobody = AbortSignal.abort()

export function createBranch(
  at: { server: string; definition: ServerDefinition; key: string; session: Session },
  house: BranchHouse,
): Branch {
  const { session } = at
  const { relay, aside, initialize } = house
  let opening: { since: number; done: Promise<void> } | null = null
  let isOpen = false
  let capabilities: JsonNode | undefined

  async function ask(method: string, params: string): Promise<JsonNode> {
    const id = JSON.stringify(`warder-${randomUUID()}`)
    return answerTo(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`)
  }

  async function answerTo(text: string): Promise<JsonNode> {
    let answer: string | null = null
    const reply = (reply: string) => {
      answer = reply
    }
    await relay(text, session, { reply, refuse: reply, send: aside, leaving: waitsForNobody })
    if (answer === null) throw new WarderError('server.ended', `${at.server} did not answer.`)
    const { result, error } = readMessage(answer) as ResponseMessage
    if (result !== undefined) return result
    const code = error?.member('data')?.member('code')?.string() ?? error?.member('code')?.raw
    throw new WarderError('server.refused', `${at.server} answered with an error (${code}).`)
  }

  async function open(): Promise<void> {
    const id = JSON.stringify(`warder-${randomUUID()}`)
    const result = await answerTo(openingAs(initialize, id))
    capabilities = result.member('capabilities')
    const nobody: Channel = { reply: () => {}, refuse: () => {}, send: aside }
    await relay(INITIALIZED, session, nobody)
    await house.onOpened(branch)
    isOpen = true
  }

  const branch: Branch = {
    ...at,
    get openingSince() {
      return opening === null || isOpen ? null : opening.since
    },
    opened() {
      if (opening !== null) return opening.done
      const begun = { since: house.now(), done: open() }
      opening = begun
      begun.done.catch(() => {
        if (opening === begun) opening = null
      })
      return begun.done
    },
    offers: (feature) => capabilities?.member(feature)?.kind === 'object',
    pass: (text, channel) => relay(text, session, channel),
    ask,
  }
  return branch
}

/** The client's own opening under an id of ours, with the revision that the client was answered with. */
function openingAs(initialize: RequestMessage, id: string): string {
  const asked = initialize.params?.member('protocolVersion')
  const revision = JSON.stringify(ownRevision(initialize))
  return splice(initialize.text, [
    { ...spanOf(initialize.idSpan), text: id },
    ...(asked === undefined ? [] : [{ ...spanOf(asked), text: revision }]),
  ])
}

const spanOf = ({ start, end }: { start: number; end: number }) => ({ start, end })
