import type { NotificationMessage, RequestMessage, ResponseMessage } from '../envelope.ts'

/** What goes with a message to a remote server; a local one got its credentials when it was started. */
export interface Credential {
  /** Field names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** `SERVER/ACCOUNT` for the audit, or null where no grant is used. */
  readonly account: string | null
  /** Id of the grant whose token is in the headers. */
  readonly grant: string | null
  /** Gets a new credential after the server answered 401 to this one. Absent where there is nothing to renew. */
  readonly renew?: () => Promise<void>
}

/** One connection to one server, on behalf of one downstream session. */
export interface Upstream {
  /** Sends a request and resolves with its answer. @param id the text of its id @throws WarderError `server.*`, `net.*` */
  request(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage>
  /** Sends a notification or a response. */
  send(text: string, credential: Credential): Promise<void>
  /** Ends the connection and everything that waits on it. */
  close(): Promise<void>
}

/** What a connection hands up besides answers. */
export interface UpstreamEvents {
  /** A notification or request of the server. @param related id of the request on whose stream it came, where that is known */
  onMessage(message: RequestMessage | NotificationMessage, related: string | null): void
  /** The connection is gone without having been asked to. */
  onClosed(): void
}

/** The server refused the message before it did anything: it may be sent again, as a new call. */
export class NotProcessed extends Error {
  override readonly name = 'NotProcessed'
  readonly reason: 'unauthorized' | 'session-expired'
  constructor(reason: 'unauthorized' | 'session-expired') {
    super(reason)
    this.reason = reason
  }
}
