/** What is known of a call before it leaves. Argument values are never part of it, only their names. */
export interface Intent {
  readonly call: string
  readonly user: string
  readonly client: string
  readonly proof: 'same-user' | 'bearer' | 'none'
  readonly session: string | null
  readonly server: string
  readonly account: string | null
  readonly method: string
  /** Tool or prompt name, or resource URI without its query and fragment. */
  readonly target: string | null
  readonly decision: 'allow' | 'deny'
  readonly rule: string
  readonly argumentKeys: readonly string[]
  readonly bytes: number
}

export interface Outcome {
  readonly outcome: 'ok' | 'tool-error' | 'error' | 'denied' | 'cancelled' | 'lost'
  /**
   * Our error code, the JSON-RPC error code of the server as text, or why the server refused a message that it did not
   * process (`unauthorized`, `session-expired`); null where all went well.
   */
  readonly code: string | null
  readonly latencyMs: number | null
  readonly bytes: number
  readonly account: string | null
  readonly masked: number
}

export interface Row extends Intent {
  readonly seq: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly phase: 'intent' | 'outcome'
  readonly outcome: Outcome['outcome'] | null
  readonly code: string | null
  readonly latencyMs: number | null
  readonly masked: number
}

export interface RowFilter {
  readonly client?: string | undefined
  readonly server?: string | undefined
  readonly target?: string | undefined
  readonly decision?: 'allow' | 'deny' | undefined
  readonly phase?: 'intent' | 'outcome' | undefined
  readonly outcome?: Outcome['outcome'] | undefined
  readonly call?: string | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly before?: number | undefined
  readonly after?: number | undefined
  readonly limit: number
}
