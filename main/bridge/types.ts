import type { AuditLog } from '../audit/log.ts'
import type { Mask } from '../audit/mask.ts'
import type { WarderError } from '../errors.ts'
import type { Principals } from '../identity/principals.ts'
import type { Decide } from '../policy/decide.ts'
import type { Connection } from './connection.ts'
import type { NotificationMessage, RequestMessage, ResponseMessage } from './envelope.ts'
import type { Parking } from './parking.ts'
import type { UpstreamEvents } from './upstream/upstream.ts'

/** The way back to the client for one message: its socket, or the HTTP response of that very message. */
export interface Channel {
  /** The answer to the message; the last thing said about it. */
  reply(text: string): void
  /** Something the server says before it, or unasked. */
  send(text: string): void
  /** In the place of an answer to what could not be read. */
  refuse(text: string): void
  /** Aborted when the client has said that it will say no more, or has gone: nothing may be begun for it any more. */
  readonly leaving?: AbortSignal
}

/** A request of the client that waits for its answer, or a notification on its way. */
export interface Pending {
  readonly upstreamId: string
  readonly channel: Channel
  /** The client gave it up, or the session ends. */
  readonly signal: AbortSignal
  /** True while it waits for a sign-in: nothing of it is at the server, so that {@link Session.cut} does not concern it. */
  parked: boolean
  end(): void
}

/** One client that opened one server: who it is was settled by the door that it came through. */
export interface Session {
  readonly principals: Principals
  readonly server: string
  readonly connection: Connection
  readonly serverSide: ServerSide
  /** @throws WarderError `bridge.malformed` for an id that is in use, `bridge.busy`, `bridge.not_opened` after the end */
  begin(message: RequestMessage | NotificationMessage, channel: Channel): Pending
  /** The id under which a waiting request of the client was forwarded; it is given up by this. */
  giveUp(clientId: string): string | null
  /**
   * Where a message of the server goes: with the request it belongs to, by the stream it came on or by its progress
   * token, else to any way back there is.
   */
  channelFor(upstreamId: string | null, progressToken?: string | null): Channel | null
  /** Ends every call under way with this error and lets go of the server; the session itself stays. */
  cut(reason: WarderError): Promise<void>
  /** Ends it for good; nothing reaches the server through it after this call. */
  close(): Promise<void>
  readonly ended: boolean
}

/**
 * The way back: what a server says unasked. Notifications pass masked; requests (sampling, elicitation, roots) are
 * recorded, decided like everything else of this session, and answered by the client they belong to.
 */
export interface ServerSide {
  receive(message: RequestMessage | NotificationMessage, related: string | null): void
  /** The client's answer to a request of the server; one that nobody asked for is dropped. */
  answered(message: ResponseMessage): Promise<void>
  /** The server is gone, and with it what it asked. */
  forget(): void
}

/** What the relay needs of the rest of the house. */
export interface House {
  readonly decide: Decide
  readonly audit: AuditLog
  readonly mask: Mask
  readonly parking: Parking
  /** Where a person signs in at a server: Warder's own page, or null where it has no address. Never a provider's. */
  pageOf(server: string): Promise<string | null>
  connect(server: string, events: UpstreamEvents): Connection
}
