import { errorResponse, type RequestMessage } from '../envelope.ts'
import { withoutMembers } from '../json-edit.ts'
import type { JsonNode } from '../json-scan.ts'
import { METHOD_NOT_FOUND } from '../refusal.ts'
import { INVALID_PARAMS, META } from './claim.ts'
import { MISSING_CAPABILITY } from './revisions.ts'

/** What a server with sessions asks a client for, and where the client says that it can (MCP 2025-11-25, client). */
const ABILITIES: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
}

/** Requests that may be answered with a question (MCP 2026-07-28, Multi Round-Trip Requests, Supported Requests). */
export const MAY_NEED_INPUT: ReadonlySet<string> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
])

/**
 * The error that a server gets for a question of which the client has not said that it can answer it.
 *
 * @param abilities of the request that the question is about
 * @returns null where it may be asked
 */
export function refusalOf(question: RequestMessage, abilities: JsonNode): string | null {
  const { id, method, params } = question
  const name = Object.hasOwn(ABILITIES, method) ? ABILITIES[method] : undefined
  const ability = name === undefined ? undefined : abilities.member(name)
  if (ability?.kind !== 'object')
    return errorResponse(id, METHOD_NOT_FOUND, 'The client did not say that it can do this.')
  const part = partOf(question)
  if (part === null || ability.member(part)?.kind === 'object') return null
  // An ability without parts is the form, as it was before there were others.
  if (part === 'form' && ability.member('url') === undefined) return null
  const what = params?.member('mode')?.string() ?? part
  return errorResponse(id, INVALID_PARAMS, `The client did not say that it can do ${what}.`)
}

/** What a client would have to declare to be asked this; null for what no client can. */
export function requirementOf(question: RequestMessage): Record<string, object> | null {
  const { method } = question
  const name = Object.hasOwn(ABILITIES, method) ? ABILITIES[method] : undefined
  const part = partOf(question)
  return name === undefined ? null : { [name]: part === null ? {} : { [part]: {} } }
}

/**
 * MissingRequiredClientCapability (MCP 2026-07-28, basic, `_meta`), for a request that failed after the server was not
 * allowed to ask.
 */
export const missingAbilities = (id: string, required: Readonly<Record<string, object>>) =>
  errorResponse(id, MISSING_CAPABILITY, 'The request needs what the client did not declare.', {
    requiredCapabilities: required,
  })

/** Which part of the ability a question needs; null for none. */
function partOf({ method, params }: RequestMessage): string | null {
  if (method === 'elicitation/create') return params?.member('mode')?.string() ?? 'form'
  return method === 'sampling/createMessage' && params?.member('tools') ? 'tools' : null
}

/** A question as it stands among `inputRequests`. What a person does at a URL has no id any more. */
export function inputRequest(question: Pick<RequestMessage, 'method' | 'params'>): string {
  const method = JSON.stringify(question.method)
  const { params } = question
  if (params === undefined) return `{"method":${method}}`
  return `{"method":${method},"params":${withoutMembers(params, OF_SESSIONS)}}`
}

const OF_SESSIONS: ReadonlySet<string> = new Set(['elicitationId', 'task'])

/** MCP 2025-11-25, Elicitation, URL Elicitation Required Error. */
const URL_ELICITATION_REQUIRED = -32042

/**
 * The questions of a server that sends its client to a URL and wants to be asked again afterwards.
 *
 * @returns null for any other error
 */
export function urlQuestions(error: JsonNode): readonly string[] | null {
  if (error.member('code')?.number() !== URL_ELICITATION_REQUIRED) return null
  const elicitations = error.member('data')?.member('elicitations')?.elements() ?? []
  const questions = elicitations.flatMap((params) =>
    params.member('mode')?.string() === 'url'
      ? [inputRequest({ method: 'elicitation/create', params })]
      : [],
  )
  return questions.length === 0 ? null : questions
}

/** @param state as JSON text @param info what the server calls itself, as JSON text */
export function inputRequired(
  questions: ReadonlyMap<string, string>,
  state: string,
  info: string | null,
): string {
  const requests = [...questions].map(([key, text]) => `${JSON.stringify(key)}:${text}`)
  const meta = info === null ? '' : `,"_meta":{"${META}serverInfo":${info}}`
  return `{"resultType":"input_required","inputRequests":{${requests.join(',')}},"requestState":${state}${meta}}`
}
