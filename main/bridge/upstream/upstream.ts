import type { WarderError } from '../../errors.ts'
import type { BoundToken } from '../../oauth/dpop.ts'
import type { Server } from '../../servers/servers.ts'
import type { NotificationMessage, RequestMessage, ResponseMessage } from '../envelope.ts'

export interface AccountName {
  readonly server: string
  readonly account: string
}

/** What goes with a message to a server, fetched for the definition that the server had at that moment. */
export interface Credential {
  readonly server: Server
  /** For a remote server; field names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** For a local server that is about to start; null for one that runs and for a remote one. */
  readonly environment: Readonly<Record<string, string>> | null
  /** `SERVER/ACCOUNT` for the audit, several with spaces between, or null where no grant is used. */
  readonly account: string | null
  /** The same for comparing: names have spaces. */
  readonly accounts: readonly AccountName[]
  /** Ids of the grants whose tokens are in it. */
  readonly grants: readonly string[]
  /** Headers that are made anew for each HTTP request, where the token is bound to a key (RFC 9449). */
  readonly proof?: BoundToken | null
  /** Gets a new credential after the server answered 401 to this one. Absent where there is nothing to renew. */
  readonly renew?: () => Promise<void>
  /**
   * What a call is answered with whose operation needs more scopes than this credential has.
   * @param operation in words: `the tool send_mail`
   */
  readonly widen?: (scopes: readonly string[], operation: string) => WarderError
}

/** One connection to one server, on behalf of one downstream session. */
export interface Upstream {
  /**
   * Sends a request and resolves with its answer. Settles as soon as the signal is aborted.
   * @param id the text of its id
   * @throws WarderError `server.*`, `net.*`
   */
  request(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  /** Sends a notification or a response. */
  send(text: string, credential: Credential): Promise<void>
  /**
   * Ends the connection and everything that waits on it.
   * @param goodbye what the server may be told with that the session is over; null: it is told nothing
   */
  close(goodbye: Credential | null): Promise<void>
}

/** What a connection hands up besides answers. */
export interface UpstreamEvents {
  /** A notification or request of the server. @param related id of the request on whose stream it came, where that is known */
  onMessage(message: RequestMessage | NotificationMessage, related: string | null): void
  /** The connection is gone. */
  onClosed(): void
}

/** The server refused the message before it did anything. Unless it wants scopes, it may be sent again, as a new call. */
export class NotProcessed extends Error {
  override readonly name = 'NotProcessed'
  readonly reason: 'unauthorized' | 'nonce-wanted' | 'session-expired' | 'insufficient-scope'
  /** What the server wants, where it wants scopes. */
  readonly scopes: readonly string[]
  constructor(reason: NotProcessed['reason'], scopes: readonly string[] = []) {
    super(reason)
    this.reason = reason
    this.scopes = scopes
  }
}
