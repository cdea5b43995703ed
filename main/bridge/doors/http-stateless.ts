import { isWarderError, WarderError } from '../../errors.ts'
import { type Message, type ResponseMessage, readMessage } from '../envelope.ts'
import { claimsToStandAlone, isRefusal, isStateless } from '../eras/claim.ts'
import { errorCodeIn } from '../eras/error-code.ts'
import { createListedTools, type ListedTools } from '../eras/listed-tools.ts'
import { MISSING_CAPABILITY } from '../eras/revisions.ts'
import { METHOD_NOT_FOUND, refusal } from '../refusal.ts'
import { judge, refusalText, type StatelessVisit } from '../stateless-visit.ts'
import type { Channel } from '../types.ts'
import type { HttpReply } from './http-reply.ts'
import { mirrorFault } from './mirror-check.ts'
import type { TokenVisit } from './token.ts'

/** Pairs of client and server; the oldest of more is told anew. */
const MOST_TOLD = 1_000

type Visit = Parameters<TokenVisit['receive']>[0]

/**
 * Requests that stand alone at the token door (MCP 2026-07-28, Streamable HTTP). The body says what a message is; the
 * version header only keeps one that says nothing from being taken for a session's.
 *
 * @param otherwise takes what belongs to a session
 */
export function openHttpStateless(options: {
  visit: (client: string, server: string | null, channel: Channel) => StatelessVisit
  otherwise: TokenVisit['receive']
}): TokenVisit['receive'] {
  const { visit, otherwise } = options
  /** What each client was told of each server's tools. */
  const told = new Map<string, ListedTools>()

  function toldTo({ client, server }: Visit): ListedTools {
    const key = `${client} ${server ?? ''}`
    const tools = told.get(key) ?? createListedTools()
    const [oldest] = told.keys()
    // The name of a server is the client's word until the call is decided.
    if (!told.has(key) && told.size >= MOST_TOLD && oldest !== undefined) told.delete(oldest)
    told.set(key, tools)
    return tools
  }

  return async (received) => {
    const { client, server, text, headers, protocolVersion, reply } = received
    const saysSo = protocolVersion !== undefined && isStateless(protocolVersion)
    if (!saysSo && !text.includes('protocolVersion')) return otherwise(received)
    const message = read(text)
    if (message === null) return otherwise(received)
    if (!saysSo && !claimsToStandAlone(message)) return otherwise(received)
    switch (message.kind) {
      case 'response':
        return reply.refuse(refusal('null', noAnswers()))
      case 'notification':
        return reply.accepted()
      case 'request': {
        const tools = toldTo(received)
        const claim = judge(message, headers, (request) =>
          mirrorFault(
            request,
            headers,
            mirroredBy(tools, request.params?.member('name')?.string()),
          ),
        )
        if (isRefusal(claim))
          return reply.refuse(refusalText(message.id, claim), statusOf(claim.code) ?? 400)
        const channel = answersTo(reply, message.method === 'tools/list' ? tools : null)
        const own = visit(client, server, channel)
        // The client that closes its response has cancelled what it asked (§ Cancellation).
        const leaving = reply.leaving?.()
        if (leaving?.aborted) return
        leaving?.addEventListener('abort', own.leave, { once: true })
        await own.request(message, claim)
        reply.accepted()
      }
    }
  }
}

const mirroredBy = (tools: ListedTools, name: string | undefined) =>
  tools.parameters(name ?? '') ?? []

/** @returns null for what cannot be read: it is refused where the rest is */
function read(text: string): Message | null {
  try {
    return readMessage(text)
  } catch (error) {
    if (isWarderError(error, 'bridge.malformed')) return null
    throw error
  }
}

/** The answer with the status that belongs to it. @param tools learns from it, where it is a list of them */
function answersTo(reply: HttpReply, tools: ListedTools | null): Channel {
  return {
    ...reply,
    reply(text) {
      const told = tools === null ? text : tools.read(readMessage(text) as ResponseMessage).text
      reply.reply(told, statusOf(errorCodeIn(told)) ?? 200)
    },
  }
}

/** § Protocol Version Header, and basic, `_meta`: what the server did not know, and what the client would have to say. */
function statusOf(code: number | null): number | null {
  if (code === METHOD_NOT_FOUND) return 404
  return code === MISSING_CAPABILITY ? 400 : null
}

const noAnswers = () =>
  new WarderError(
    'bridge.malformed',
    'A client of this revision answers nothing that it was not asked.',
  )
