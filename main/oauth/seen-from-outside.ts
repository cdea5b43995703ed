import type { WarderError } from '../errors.ts'

/** What a server asks of whoever wants in, as far as that can be seen from outside and without signing in. */
export interface Preflight {
  /** `key`: it refuses strangers and says of no provider; `unknown`: what it answered is not what an MCP server says. */
  readonly asks: 'sign-in' | 'key' | 'nothing' | 'unknown'
  /** HTTP status that it answered a stranger. */
  readonly status: number
  readonly found: PreflightFound | null
  /** What stands in the way of a sign-in; null where nothing does. */
  readonly problem: WarderError | null
}

export interface PreflightFound {
  readonly issuer: string
  readonly otherIssuers: readonly string[]
  readonly resource: string
  /** What a sign-in would ask for. */
  readonly scopes: readonly string[]
  /** How Warder would become a client there; `by-hand`: a person has to register it. */
  readonly registration: 'document' | 'dynamic' | 'by-hand'
  readonly device: boolean
  /** A client with credentials of its own gets tokens there (RFC 6749 §4.4). */
  readonly services: boolean
  readonly revocation: boolean
  readonly introspection: boolean
}
