import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/log.ts'
import type { Intent, Outcome } from '../audit/rows.ts'
import { WarderError } from '../errors.ts'
import type { Principals } from '../identity/principals.ts'
import type { Decision } from '../policy/decide.ts'
import { standstillError } from '../policy/standstill.ts'
import type { ResponseMessage } from './envelope.ts'
import type { Request } from './operations.ts'

/** Writes the outcome of one call, with the time since its intent. */
export type RecordOutcome = (outcome: Pick<Outcome, 'outcome'> & Partial<Outcome>) => void

export function intentOf(call: {
  message: { readonly text: string; readonly method: string }
  request: Request
  decision: Decision
  principals: Principals
  server: string
}): Intent {
  const { message, request, decision, principals, server } = call
  return {
    call: randomUUID(),
    user: principals.user,
    client: principals.client,
    proof: principals.proof,
    session: principals.session,
    server,
    account: null,
    method: message.method,
    target: request.target,
    decision: decision.effect,
    rule: decision.rule,
    argumentKeys: request.argumentKeys,
    bytes: Buffer.byteLength(message.text),
  }
}

export function recorder(intent: Intent, audit: AuditLog): RecordOutcome {
  const started = performance.now()
  return (outcome) =>
    audit.outcome(intent, {
      code: null,
      bytes: 0,
      account: null,
      masked: 0,
      latencyMs: Math.round((performance.now() - started) * 1000) / 1000,
      ...outcome,
    })
}

/** `tool-error` is a tool that ran and failed; `error` is the protocol's. */
export function outcomeOf(answer: ResponseMessage): Pick<Outcome, 'outcome' | 'code' | 'bytes'> {
  const bytes = Buffer.byteLength(answer.text)
  if (answer.error !== undefined)
    return { outcome: 'error', code: answer.error.member('code')?.raw ?? null, bytes }
  // The call is not over: its next round is one of its own.
  if (answer.result?.member('resultType')?.string() === 'input_required')
    return { outcome: 'ok', code: 'input-required', bytes }
  const failed = answer.result?.member('isError')?.boolean() === true
  return { outcome: failed ? 'tool-error' : 'ok', code: null, bytes }
}

/** What a client is told that may not. It names what was asked, not the rules: those are the user's business. */
export function denied(request: Request, server: string, decision: Decision): WarderError {
  const { operation, target } = request
  if (decision.code === 'policy.tool_held')
    return new WarderError(
      'policy.tool_held',
      `The tool ${target} of ${server} is new, has changed or hides something, and is held until a person has looked at it (\`warder approvals\`).`,
    )
  if (decision.code !== undefined) return standstillError(decision.code)
  const what = target && operation ? `${operation.kind} ${target}` : 'this'
  return new WarderError(
    'policy.denied',
    `Warder does not allow ${what} at ${server} for this client.`,
  )
}
