import type { AuditLog } from '../audit/log.ts'
import type { Mask } from '../audit/mask.ts'
import type { WarderError } from '../errors.ts'
import type { Emitter } from '../events.ts'
import type { Principals } from '../identity/principals.ts'
import type { Asker } from '../oauth/asker.ts'
import type { Decide } from '../policy/decide.ts'
import type { Budget } from '../runtime/budget.ts'
import type { Connection } from './connection.ts'
import type { NotificationMessage, RequestMessage, ResponseMessage } from './envelope.ts'
import type { Era } from './eras/revisions.ts'
import type { JsonNode } from './json-scan.ts'
import type { Pins } from './pins/pins.ts'
import type { ParkingTimer } from './timer.ts'
import type { AccountName, Credential, UpstreamEvents } from './upstream/upstream.ts'

/** The way back to the client for one message: its socket, or the HTTP response of that very message. */
export interface Channel {
  /** The answer to the message; the last thing said about it. */
  reply(text: string): void
  /** Something the server says before it, or unasked. */
  send(text: string): void
  /** In the place of an answer to what could not be read. */
  refuse(text: string): void
  /** Settles when the client has read enough of what it was sent, or is gone; undefined where nothing has to wait. */
  room?(): Promise<void> | undefined
  /** Aborted when the client has said that it will say no more, or has gone: nothing may be begun for it any more. */
  leaving?(): AbortSignal
  /** Asks for the server's own words: what is remembered of them is no answer. */
  readonly anew?: boolean
}

/**
 * The way back on which a client hears what it did not ask for: its socket, or the stream that it holds open at that moment
 * over HTTP. Null while there is none; then each message has its own alone.
 */
export type StandingWay = () => Channel | null

/** What takes the messages of one client, at one server or at all of them. */
export interface Visit {
  /** Settles when the message was answered; never rejects. */
  receive(text: string, channel: Channel): Promise<void>
  close(): Promise<void>
  readonly ended: boolean
}

/** A request of the client that waits for its answer, or a notification on its way. */
export interface Pending {
  readonly upstreamId: string
  readonly channel: Channel
  /** The client gave it up, or the session ends. */
  readonly signal: AbortSignal
  /** True while it waits for a sign-in: nothing of it is at the server, so that {@link Session.cut} does not concern it. */
  parked: boolean
  /** Has its answer; the server's own may still be on its way. */
  answered: boolean
  /** What is kept for it beside its own text, until its end. @returns false where there is no room */
  keep(bytes: number): boolean
  end(): void
}

/** One client that opened one server: who it is was settled by the door that it came through. */
export interface Session {
  readonly principals: Principals
  readonly server: string
  /** Whose accounts it uses. */
  readonly asker: Asker
  readonly speaks: Era
  /** {@link StandingWay} at this moment. */
  readonly standing: Channel | null
  readonly connection: Connection
  readonly serverSide: ServerSide
  /** @throws WarderError `bridge.malformed` for an id that is in use, `bridge.busy`, `bridge.not_opened` after the end */
  begin(message: RequestMessage | NotificationMessage, channel: Channel): Pending
  /**
   * The id under which a waiting request of the client was forwarded; it is given up by this.
   * @param channel the way that the client's word came
   */
  giveUp(clientId: string, channel: Channel): string | null
  /** The client that spoke this way has gone: what of it is under way is given up. */
  leave(channel: Channel): void
  /** Lists may be others than they were: who listens without a session learns of it. */
  listsChanged(): void
  /**
   * Where a message of the server goes: with the request it belongs to, by the stream it came on or by its progress
   * token, else to any way back there is.
   */
  channelFor(upstreamId: string | null, progressToken?: string | null): Channel | null
  /** Ends every call under way with this error and lets go of the server; the session itself stays. */
  cut(reason: WarderError): Promise<void>
  /** Ends it for good; nothing reaches the server through it after this call. */
  close(reason?: WarderError): Promise<void>
  /**
   * The id under which the client's person is shown the way to sign in at this server; the same until somebody has.
   * Null for a client that cannot show it.
   */
  elicitation(server: string): string | null
  /** Somebody signed in at this server: a client whose person was sent there learns of it. */
  signedIn(server: string): void
  readonly ended: boolean
}

/**
 * The way back: what a server says unasked. Notifications pass masked; requests (sampling, elicitation, roots) are
 * recorded, decided like everything else of this session, and answered by the client they belong to.
 */
export interface ServerSide {
  receive: UpstreamEvents['onMessage']
  /** The client's answer to a request of the server; one that nobody asked for is dropped. */
  answered(message: ResponseMessage): Promise<void>
  /** Whether the client may hear of this resource. */
  mayRead(uri: JsonNode): boolean
  /** The server is gone, and with it what it asked. */
  forget(): void
}

/**
 * Calls that wait until a person has signed in. Only a call of which nothing was processed gets here: its credential
 * could not be had, or the server refused it unread. Its record has ended with the reason; when the sign-in comes in
 * time, the relay decides and records it anew, as a call of its own. Nothing here opens a browser or starts a sign-in.
 */
export interface Parking {
  /** Taken before a pass through the relay, so that a sign-in in the middle of the pass is not missed. */
  moment(): number
  /**
   * @param since the moment before the pass that ended with this error
   * @returns `again` where the call is to be decided anew, `over` where nothing is to be waited for (any more): its
   *   time is up, there are too many, its requester has gone or the session has ended
   */
  wait(call: UnsentCall, since: number): Promise<'again' | 'over'>
  /**
   * A call that has waited runs again as the account that it waited for, or not at all: another may be chosen by then,
   * or be the only one left.
   *
   * @throws WarderError `grant.sign_in_needed` that nothing waits for
   */
  check(pending: Pending, accounts: readonly AccountName[]): void
  /** The client takes back a request: one that waits here ends, before anything else is asked. */
  takeBack(session: Session, message: NotificationMessage, channel: Channel): void
  /** What stood in the way of these calls may be gone: a sign-in, a revocation, other rules. Without a server: of all. */
  reconsider(server?: string): void
  waiting(): WaitingCalls[]
  readonly events: Emitter<{ changed: [] }>
}

export interface UnsentCall {
  readonly message: RequestMessage
  readonly session: Session
  readonly pending: Pending
  readonly error: WarderError
}

/** So many calls of one client wait for the same sign-in. */
export interface WaitingCalls {
  readonly server: string
  readonly client: string
  readonly calls: number
}

/** What the relay needs of the rest of the house. */
export interface House {
  readonly decide: Decide
  readonly audit: AuditLog
  readonly mask: Mask
  readonly parking: Parking
  /** Whose bytes wait here. */
  readonly budget: Budget
  /** What deadlines are kept on; the system's where there is none. */
  readonly timer?: ParkingTimer
  /** Absent: tools are held against nothing but themselves. */
  readonly pins?: Pick<Pins, 'listed' | 'recalled'> | undefined
  /** Absent: nothing is remembered. */
  readonly catalogue?: Catalogue | undefined
  /** Where a person signs in at a server: Warder's own page, or null where it has no address. Never a provider's. */
  pageOf(server: string): Promise<string | null>
  /**
   * @param asker whose account is used
   * @param speaks how the client speaks: `session` where nothing is said
   */
  connect(server: string, asker: Asker, events: UpstreamEvents, speaks?: Era): Connection
}

/**
 * What servers last said of themselves, told in their place while they are not at hand: not open yet, slow, or waiting
 * for a person. It answers openings and lists, nothing else, and what it tells is decided at that moment for the client
 * that asks. The server is asked behind it, and a client that was told something else learns that its lists changed.
 */
export interface Catalogue {
  /** What may be told in the place of an answer; null where nothing is remembered, or nothing may be told. */
  recall(message: RequestMessage, session: Session): Told | null
  /** The same, where the client should not wait for the server at all. */
  recallAtOnce(message: RequestMessage, session: Session, pending: Pending): Told | null
  /** Takes note of an answer. @param credential that it was asked with */
  learn(
    message: RequestMessage,
    session: Session,
    answer: ResponseMessage,
    credential: Credential,
  ): void
  /** What a server wants its users to know, as this client last heard it at an opening; null where nothing may be told. */
  instructions(at: Opened): string | null
  /** The opening that a server was opened with behind its client. */
  learnOpening(at: Opened, answer: ResponseMessage, credential: Credential): void
  /**
   * Asks the server itself, for a client that was told from memory. Never fails.
   * @param message what the client asked; where it stands alone, so does what is asked for it
   */
  refresh(session: Session, message?: RequestMessage): void
  /** The client says that its session is open: from now on a server may ask it. */
  initialized(session: Session): void
  /** Answers from memory when the server takes too long. @returns what takes that back */
  hurry(message: RequestMessage, session: Session, pending: Pending): () => void
  /** The session has ended. */
  leave(session: Session): void
  /** These never fail: where it cannot be forgotten, nothing more is told. */
  forgetServer(server: string): void
  forgetAccount(server: string, account: string): void
  clear(): void
}

export interface Told {
  /** The result, as this client may see it. */
  readonly text: string
  readonly masked: number
  /** The revision that an opening was answered with. */
  readonly revision: string | null
}

/** A server in the eyes of one client. */
export interface Opened {
  readonly server: string
  readonly asker: Asker
  readonly speaks: Era
  readonly initialize: RequestMessage
}
