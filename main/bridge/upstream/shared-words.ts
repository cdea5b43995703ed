import { type RequestMessage, type ResponseMessage, readMessage } from '../envelope.ts'
import { removals } from '../json-edit.ts'
import { splice } from '../json-scan.ts'

/** JSON-RPC 2.0 §5.1. */
export const METHOD_NOT_FOUND = -32_601

export const kept = (text: string) => readMessage(text) as ResponseMessage

/** The revision that an opening asks for, as JSON text; null where it asks for none. */
export function revisionOf(initialize: RequestMessage): string | null {
  const asked = initialize.params?.member('protocolVersion')
  return asked?.string() === undefined ? null : asked.raw
}

/** The answer to an opening without the ability to keep tasks: one session could list and end those of the others. */
export function withoutTasks(said: ResponseMessage): ResponseMessage {
  const capabilities = said.result?.member('capabilities')
  if (capabilities?.kind !== 'object' || capabilities.member('tasks') === undefined) return said
  return kept(splice(said.text, removals(said.text, capabilities, new Set(['tasks']))))
}
