import { InitializeResultSchema, ListToolsResultSchema } from '@modelcontextprotocol/core'
import { WarderError } from '../errors.ts'
import { NOBODY } from '../oauth/asker.ts'
import { version } from '../version.ts'
import { type RequestMessage, type ResponseMessage, readMessage } from './envelope.ts'
import { maskJson } from './mask-json.ts'
import { INITIALIZED, LATEST_SESSION_REVISION } from './opening.ts'
import { requestOf } from './operations.ts'
import { intentOf, outcomeOf, recorder } from './record.ts'
import { type KnownTool, toolCost } from './tool-cost.ts'
import type { House } from './types.ts'
import { NotProcessed } from './upstream/upstream.ts'

export interface ProbeResult {
  readonly protocolVersion: string
  readonly server: { readonly name: string; readonly version: string }
  readonly tools: readonly string[]
  /** The same with what they say of themselves. */
  readonly described: readonly KnownTool[]
}

/**
 * Opens a server as a client would and asks for its tools, because the user wants to know whether it works. It is
 * recorded like any other call, under a name that no client can have.
 *
 * @throws WarderError `server.*`, `grant.*`, `secret.*`, `vault.*`, `net.*`
 */
export async function probe(house: House, name: string, user: string): Promise<ProbeResult> {
  const principals = { user, client: '@user', proof: 'same-user', session: 'test' } as const
  const connection = house.connect(name, NOBODY, { onMessage: () => {}, onClosed: () => {} })
  const signal = AbortSignal.timeout(PROBE_MS)

  /** As the relay does it: what was refused for want of a nonce is a call of its own the second time. */
  async function ask(method: string, params: unknown): Promise<ResponseMessage> {
    try {
      return await askOnce(method, params)
    } catch (error) {
      const cause = error instanceof Error ? error.cause : null
      if (!(cause instanceof NotProcessed) || cause.reason !== 'nonce-wanted') throw error
      return askOnce(method, params)
    }
  }

  async function askOnce(method: string, params: unknown): Promise<ResponseMessage> {
    const text = JSON.stringify({ jsonrpc: '2.0', id: method, method, params })
    const message = readMessage(text) as RequestMessage
    const decision = { effect: 'allow', rule: 'asked by the user' } as const
    const intent = intentOf({
      message,
      request: requestOf(method, message.params),
      decision,
      principals,
      server: name,
    })
    await house.audit.intent(intent)
    const record = recorder(intent, house.audit)
    let answer: ResponseMessage
    try {
      const credential = await connection.inject()
      answer = await connection.request(message, JSON.stringify(method), credential, signal)
      record({ ...outcomeOf(answer), account: credential.account })
    } catch (error) {
      const failure = inWords(error)
      record({ outcome: 'error', code: failure.code })
      throw failure
    }
    if (answer.error === undefined) return answer
    throw new WarderError(
      'server.refused',
      `${name} answered ${method} with an error (${answer.error.member('code')?.raw}).`,
    )
  }

  function inWords(cause: unknown): WarderError {
    if (cause instanceof WarderError) return cause
    return cause instanceof NotProcessed
      ? new WarderError('server.refused', `${name} does not accept the credential.`, { cause })
      : new WarderError('server.unreachable', `${name} does not answer.`, { cause })
  }

  /** The specification's own schemas say whether this is the protocol at all. */
  function read<T>(
    schema: { safeParse(value: unknown): { success: boolean; data?: T } },
    answer: ResponseMessage,
  ): T {
    const parsed = schema.safeParse(JSON.parse(maskJson(answer.value.raw, house.mask).text))
    if (parsed.success && parsed.data !== undefined) return parsed.data
    throw new WarderError(
      'server.protocol',
      `${name} answered with something that is not the Model Context Protocol.`,
    )
  }

  try {
    const clientInfo = { name: 'warder', version }
    const opening = { protocolVersion: LATEST_SESSION_REVISION, capabilities: {}, clientInfo }
    const opened = read(InitializeResultSchema, await ask('initialize', opening))
    await connection.send(INITIALIZED, await connection.inject())
    const { tools } = opened.capabilities.tools
      ? read(ListToolsResultSchema, await ask('tools/list', {}))
      : { tools: [] }
    return {
      protocolVersion: (await connection.serverRevision()) ?? opened.protocolVersion,
      server: { name: opened.serverInfo.name, version: opened.serverInfo.version },
      tools: tools.map((tool) => tool.name),
      described: tools.map(toolCost),
    }
  } finally {
    await connection.close()
  }
}

const PROBE_MS = 30_000
