import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import {
  errorResponse,
  type RequestMessage,
  type ResponseMessage,
  readMessage,
} from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { INVALID_PARAMS } from './claim.ts'

/**
 * The `requestState` that a client is given with a question and brings back with its answers (MCP 2026-07-28, Multi
 * Round-Trip Requests, Server Requirements). It is sealed with a key of this process (AES-256-GCM) for one caller and one
 * request, for a limited time, and is good for one use (ADR 14).
 */
export interface RequestStates {
  /** @param caller who is asked, and by which server */
  of(caller: string): CallerStates
}

export interface CallerStates {
  /** @returns the state as a JSON string */
  seal(request: RequestMessage, content: string): string
  /** @returns null for what was not given to this caller for this request, is too old, or was used before */
  open(request: RequestMessage): OpenedState | null
}

export interface OpenedState {
  readonly content: string
  /** Nothing came of it, so that it may be used once more. */
  giveBack(): void
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The oldest of more than this is good no more. */
const MOST_OPEN = 10_000

/** @param now milliseconds on a clock that nobody can set */
export function createRequestStates(now: () => number = () => performance.now()): RequestStates {
  const key = randomBytes(32)
  /** Those that were given out and not used yet, with their ends, oldest first. */
  const open = new Map<string, number>()

  function issue(nonce: string): void {
    for (const [old, until] of open)
      if (until <= now() || open.size >= MOST_OPEN) open.delete(old)
      else break
    open.set(nonce, now() + limits.inputMs)
  }

  return {
    of: (caller) => ({
      seal(request, content) {
        const nonce = randomBytes(NONCE_BYTES)
        const cipher = createCipheriv(CIPHER, key, nonce)
        cipher.setAAD(boundTo(caller, request))
        const sealed = Buffer.concat([
          nonce,
          cipher.update(content, 'utf8'),
          cipher.final(),
          cipher.getAuthTag(),
        ])
        issue(nonce.toString('hex'))
        return JSON.stringify(sealed.toString('base64url'))
      },
      open(request) {
        const text = request.params?.member('requestState')?.string() ?? ''
        const sealed = Buffer.from(text, 'base64url')
        if (sealed.length < NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== text)
          return null
        const nonce = sealed.subarray(0, NONCE_BYTES)
        const decipher = createDecipheriv(CIPHER, key, nonce)
        decipher.setAAD(boundTo(caller, request))
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
        let content: string
        try {
          const bytes = sealed.subarray(NONCE_BYTES, -TAG_BYTES)
          content = decipher.update(bytes, undefined, 'utf8') + decipher.final('utf8')
        } catch {
          return null
        }
        const used = nonce.toString('hex')
        const until = open.get(used)
        open.delete(used)
        if (until === undefined || until <= now()) return null
        return { content, giveBack: () => void open.set(used, until) }
      },
    }),
  }
}

function boundTo(caller: string, { method, params }: RequestMessage): Buffer {
  const asked = params?.members().filter(({ name }) => !CHANGES.has(name)) ?? []
  const digest = createHash('sha256').update(canonicalMembers(asked)).digest('hex')
  return Buffer.from(JSON.stringify([caller, method, digest]))
}

/** What a client may say anew when it asks again. */
const CHANGES: ReadonlySet<string> = new Set(['_meta', 'inputResponses', 'requestState'])

/** One spelling for a value whose members may come in another order and with other white space the second time. */
function canonical(node: JsonNode): string {
  if (node.kind === 'object') return canonicalMembers(node.members())
  if (node.kind === 'array') return `[${node.elements().map(canonical).join(',')}]`
  return node.kind === 'string' ? JSON.stringify(node.value()) : node.raw
}

function canonicalMembers(members: readonly { name: string; value: JsonNode }[]): string {
  const texts = members.map(({ name, value }) => `${JSON.stringify(name)}:${canonical(value)}`)
  return `{${texts.sort().join(',')}}`
}

export const unknownState = (id: string) =>
  readMessage(
    errorResponse(
      id,
      INVALID_PARAMS,
      'Invalid params: requestState was not given for this request, or is good no more. Begin again.',
    ),
  ) as ResponseMessage
