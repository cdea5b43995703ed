import type { BriefMap } from '../brief-map.ts'
import { errorResponse, type NotificationMessage, type RequestMessage } from '../envelope.ts'
import type { LinkHost } from '../upstream/upstream.ts'
import { INVALID_PARAMS } from './claim.ts'
import type { HeldCall } from './held-call.ts'
import type { Listening } from './listening.ts'
import { hearNotices } from './notices.ts'
import { MAY_NEED_INPUT, refusalOf, requirementOf } from './questions.ts'

/**
 * What a server with sessions says beside its answers, for a client without: what belongs to one of its requests goes
 * there, and nowhere else (MCP 2026-07-28, Streamable HTTP, Receiving Messages).
 */
export function hearServer(
  host: LinkHost,
  parts: {
    /** Those that the server has, by the ids that it knows. */
    calls: BriefMap<string, HeldCall>
    listening: Listening
    /** Answers the server. @returns what to wait for before more is read from it */
    refuse: (text: string) => Promise<void> | undefined
  },
): LinkHost['onMessage'] {
  const { calls, listening, refuse } = parts
  const notices = hearNotices(host, {
    get: (id) => calls.get(id)?.listener,
    values: () => [...calls.values()].map(({ listener }) => listener),
  })

  function ask(
    question: RequestMessage,
    related: string | null,
  ): ReturnType<LinkHost['onMessage']> {
    const call = askedFor(related)
    const refused =
      call === undefined
        ? errorResponse(question.id, INVALID_PARAMS, 'The client cannot be asked now.')
        : refusalOf(question, call.abilities)
    if (call === undefined || refused !== null) {
      // Only where it is sure which call comes to nothing by this.
      if (call !== undefined && (related !== null || calls.size === 1))
        Object.assign(call.lacking, requirementOf(question))
      return refuse(refused ?? '')
    }
    return host.onMessage(question, related, undefined, (text, answered) =>
      call.ask(question.id, text, answered),
    )
  }

  /**
   * A server on a pipe does not say what its question is about: the oldest call whose client waits, for one that was
   * asked may never come back; where none waits, the call that was asked last has asked more than one thing.
   */
  function askedFor(related: string | null): HeldCall | undefined {
    const able = [...calls.entries()].filter(
      ([id, { method }]) => MAY_NEED_INPUT.has(method) && (related === null || related === id),
    )
    return (able.find(([, { round }]) => round !== null) ?? able.at(-1))?.[1]
  }

  function takeBack(message: NotificationMessage): void {
    const id = message.params?.member('requestId')?.raw
    for (const call of calls.values()) if (id !== undefined) call.forget(id)
    host.onMessage(message, null)
  }

  return (message, related) => {
    if (message.kind === 'request')
      // It may only ask whether this side lives.
      return message.method === 'ping' ? host.onMessage(message, related) : ask(message, related)
    const heard = notices(message, related)
    if (heard !== false) return heard
    const listened = listening.hear(message)
    if (listened !== false) return listened?.then(() => {})
    if (message.method === 'notifications/cancelled') takeBack(message)
  }
}
