import type { WarderError } from '../../errors.ts'
import type { BoundToken } from '../../oauth/dpop.ts'
import type { Placed } from '../../runtime/placed.ts'
import type { Server } from '../../servers/servers.ts'
import type { NotificationMessage, RequestMessage, ResponseMessage } from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'

export interface AccountName {
  readonly server: string
  readonly account: string
}

/** What goes with a message to a server, fetched for the definition that the server had at that moment. */
export interface Credential {
  readonly server: Server
  /** For a remote server; field names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** For a remote server: what is added to the query of its URL, encoded; absent where nothing is. */
  readonly query?: string
  /** For a local server that is about to start; null for one that runs and for a remote one. */
  readonly environment: Readonly<Record<string, string>> | null
  /** As `environment`: what goes into files and arguments. */
  readonly placed?: Placed | null
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
   * @param round what goes with it, where it is a further round of a call; only where `InputWanted` was thrown before
   * @throws WarderError `server.*`, `net.*`; NotProcessed, InputWanted
   */
  request(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    round?: Round,
  ): Promise<ResponseMessage>
  /** The server's own revision, where the session speaks another one. */
  revision?(): string | null
  /** Sends a notification or a response. */
  send(text: string, credential: Credential): Promise<void>
  /**
   * Ends the connection and everything that waits on it.
   * @param goodbye what the server may be told with that the session is over; null: it is told nothing
   */
  close(goodbye: Credential | null): Promise<void>
}

/**
 * @param text the request under an id of ours, without any value of the vault
 * @param answered takes the client's answer, which has that id
 */
export type ShowQuestion = (
  text: string,
  answered: (answer: ResponseMessage) => Promise<void>,
) => void

/** What a connection hands up besides answers. */
export interface UpstreamEvents {
  /**
   * A notification or request of the server.
   * @param related id of the request on whose stream it came, where that is known
   * @param answer where the answer to a request goes; absent: to the server, with a credential
   * @param show where a request goes once it is decided and recorded; absent: to the client
   * @returns what to wait for before more is read from the server: the client has not read what it was sent
   */
  onMessage(
    message: RequestMessage | NotificationMessage,
    related: string | null,
    answer?: (text: string) => void,
    show?: ShowQuestion,
  ): void | Promise<void>
  /** Whether the client may hear of a resource; absent: nobody listens here. */
  mayRead?(uri: JsonNode): boolean
  /** The connection is gone. */
  onClosed(): void
}

/** What a link may ask of the connection that it belongs to. */
export interface LinkHost extends UpstreamEvents {
  /**
   * The last look before anything leaves with a credential, also what Warder says of its own accord: the probe, a list of
   * tools, an opening that is played again, the stream that listens.
   * @throws WarderError `policy.stopped`, `grant.*`, `server.ended`
   */
  check(credential: Credential): void
  /**
   * The credential for what Warder says later of its own accord, fetched at that moment.
   * @throws WarderError, NotProcessed where the link cannot go on as what it was opened as
   */
  credential(): Promise<Credential>
  /** The resources that the client is subscribed to, over all links: the next one goes on with them. */
  readonly subscribed: Set<string>
}

/** The server refused the message before it did anything. Unless it wants scopes, it may be sent again, as a new call. */
export class NotProcessed extends Error {
  override readonly name = 'NotProcessed'
  readonly reason:
    | 'unauthorized'
    | 'nonce-wanted'
    | 'headers-wanted'
    | 'session-expired'
    | 'insufficient-scope'
  /** What the server wants, where it wants scopes. */
  readonly scopes: readonly string[]
  constructor(reason: NotProcessed['reason'], scopes: readonly string[] = []) {
    super(reason)
    this.reason = reason
    this.scopes = scopes
  }
}

/**
 * The server has processed one round of a call and wants to know more before it answers (MCP 2026-07-28, Multi Round-Trip
 * Requests). The next round is a call of its own; the one before it is never made again.
 */
export class InputWanted extends Error {
  override readonly name = 'InputWanted'
  /** What the server answered. */
  readonly answer: ResponseMessage
  /** So many rounds it has had. */
  readonly rounds: number
  /**
   * Asks the client.
   * @returns members of `params` for the next round, as JSON texts
   * @throws WarderError `server.*`, or the signal's reason
   */
  readonly gather: (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>
  constructor(answer: ResponseMessage, rounds: number, gather: InputWanted['gather']) {
    super('input-required')
    this.answer = answer
    this.rounds = rounds
    this.gather = gather
  }
}

/** A further round of a call, for the link that asked for it and for no other. */
export interface Round {
  readonly wanted: InputWanted
  readonly members: Readonly<Record<string, string>>
}
