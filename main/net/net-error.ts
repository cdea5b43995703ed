import { type ErrorCode, isWarderError, WarderError } from '../errors.ts'

/**
 * What went wrong on the wire as a WarderError: our own refusal where one lies at the bottom (fetch and the connector
 * wrap it), else `net.unreachable`. The text of other errors is for the developer: it stays in `cause`.
 */
export function toNetError(error: unknown): WarderError {
  return refusalIn(error) ?? new WarderError('net.unreachable', sentence(error), { cause: error })
}

function refusalIn(error: unknown, depth = 0): WarderError | undefined {
  if (isWarderError(error)) return error
  if (!(error instanceof Error) || depth === 8) return undefined
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  return inner.map((cause) => refusalIn(cause, depth + 1)).find((found) => found !== undefined)
}

function sentence(error: unknown): string {
  const slow = error instanceof Error && /Timeout/.test(error.name)
  return slow ? 'The host did not answer in time.' : 'The host could not be reached.'
}

const notConnected: ReadonlySet<ErrorCode> = new Set([
  'net.unreachable',
  'net.tls_untrusted',
  'net.tls_wrong_host',
  'net.tls_expired',
  'net.proxy_invalid',
  'net.proxy_unreachable',
  'net.proxy_auth',
  'net.proxy_refused',
])

/** True where nobody at the other end was asked. In another network, without its portal or proxy, it may go better. */
export const isNotConnected = (error: unknown): boolean =>
  !isWarderError(error) || notConnected.has(error.code)
