/** What another program of this user keeps of a grant of its own. Every member but the tokens may be missing or stale. */
export interface ForeignGrant {
  /** Made of where it lies, never of a token. */
  readonly id: string
  readonly program: string
  /** The MCP server; null where the program does not say. */
  readonly serverUrl: string | null
  /** True where this URL could be the server of a program that says only a hash of it. */
  readonly isOf: (serverUrl: string) => boolean
  readonly issuer: string | null
  readonly tokenEndpoint: string | null
  readonly clientId: string | null
  readonly clientSecret: string | null
  /** `token_endpoint_auth_method` of its registration (RFC 7591 §2). */
  readonly authMethod: string | null
  readonly scopes: readonly string[]
  readonly accessToken: string | null
  readonly refreshToken: string | null
  /** Of the access token. Milliseconds since the epoch, here and below; null where the program does not say. */
  readonly expiresAt: number | null
  /** When it was written down. */
  readonly writtenAt: number
}

/** The word of a person for where a foreign grant goes. @throws WarderError `presence.required`, `presence.refused` */
export type Allow = (to: { readonly issuer: string; readonly borneOut: boolean }) => Promise<void>
