import { WarderError } from '../../errors.ts'
import { tokenChallenge } from '../../oauth/challenge.ts'
import { splitScope } from '../../oauth/scopes.ts'
import type { Room } from '../../runtime/budget.ts'
import type { Message, ResponseMessage } from '../envelope.ts'
import { notMcp, readServerMessage, readText } from './event-stream.ts'
import type { Answer } from './exchange.ts'
import type { Credential } from './upstream.ts'

/** What the head of a server's HTTP answer says, and the one message that its body may be. */

export const JSON_TYPE = 'application/json'

/** The scopes of a challenge that asks for more (RFC 6750 §3.1). @returns null for any other refusal */
export function scopesWanted(answer: Answer, { proof }: Credential): readonly string[] | null {
  const challenge = tokenChallenge(headersOf(answer), proof ? ['dpop', 'bearer'] : ['bearer'])
  return challenge?.error === 'insufficient_scope' ? splitScope(challenge.scope) : null
}

/** The message that answers the request of this id. @throws WarderError `server.protocol` where the text is another one, or none */
export function answerIn(text: string, { statusCode }: Answer, id: string): ResponseMessage {
  const message = readServerMessage(text)
  // A server that refused the headers may not have read the id.
  const unread = statusCode >= 400 && message.kind === 'response' && message.id === 'null'
  if (unread || (message.kind === 'response' && message.id === id)) return message
  throw notMcp('an answer to another question')
}

/** What is judged of an answer; a field that no `Headers` could hold counts as absent. */
export function headersOf({ headers }: Answer): Headers {
  const read = ['www-authenticate', 'dpop-nonce', 'date'].map((name): [string, string] => [
    name,
    [headers[name] ?? []].flat().join(', '),
  ])
  return new Headers(read.filter(([, value]) => /^[\t\x20-\xff]+$/.test(value)))
}

/** By its name in lower case; the first of several. */
export function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

export const mediaType = (answer: Answer) =>
  (header(answer, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

/** A session id goes back in a header: visible ASCII only (§ Session Management). @throws WarderError `server.protocol` */
export function visibleAscii(value: string): string {
  if (!/^[\x21-\x7e]{1,1024}$/.test(value)) throw notMcp('a session id that is not visible ASCII')
  return value
}

/** An error of the protocol may come with the status of a bad request, or of one that nobody knows. */
export const saysWhy = (answer: Answer) =>
  (answer.statusCode === 400 || answer.statusCode === 404) && mediaType(answer) === JSON_TYPE

export const refused = (status: number, cause?: Message) =>
  new WarderError('server.refused', `The server answered ${status}.`, {
    details: { status },
    cause,
  })

/** The message that came with a refusal; undefined where none did. The body is done with. */
export async function whatItSays({ body }: Answer, room: Room): Promise<Message | undefined> {
  try {
    return readServerMessage(await readText(body, room))
  } catch {
    return undefined
  } finally {
    body.discard()
  }
}

/** What a server said with the status of a refusal; null where that was no message. */
export function refusalSaid({ cause }: WarderError): ResponseMessage | null {
  const said = cause as Message | undefined
  return said?.kind === 'response' ? said : null
}
