import type { WarderError } from '../errors.ts'
import type { RemoteServer } from '../store/config-schema.ts'
import type { Quirk } from '../store/quirks.ts'
import type { Asker } from './asker.ts'
import type { BoundToken } from './dpop.ts'
import type { Allow, ForeignGrant } from './foreign-grant.ts'
import type { LedgerEntry } from './ledger-entry.ts'
import type { RefusedUrl } from './refused-url.ts'
import type { Preflight } from './seen-from-outside.ts'

/** A grant's identity is (issuer, client registration, account, resource); scopes are its attribute. */
export interface Grant {
  readonly id: string
  readonly server: string
  /** The account at the provider, as a person knows it (an e-mail address, a login, a label given at sign-in). */
  readonly account: string
  /** The provider's own identifier of that person (OpenID Connect Core §2, `sub`); null where it names nobody. */
  readonly subject: string | null
  /** The tenant, domain or organisation of the account, as the provider writes it. */
  readonly organisation: string | null
  /**
   * Who signed in: a person; Warder itself, as a client with credentials of its own; or, with `exchange`, nobody anew:
   * the token of another grant is exchanged for one of this.
   */
  readonly kind: 'person' | 'service' | 'exchange'
  readonly issuer: string
  readonly clientId: string
  readonly resource: string
  readonly scopes: readonly string[]
  /** Asked for at the sign-in, and not granted by the person or the provider. */
  readonly withheld: readonly string[]
  readonly state: 'connected' | 'sign-in-needed' | 'frozen' | 'revoking'
  /** What the person called the account when they connected it; another name for `account`. */
  readonly label: string | null
  readonly renewable: boolean
  /** Milliseconds since the epoch, here and below. */
  readonly connectedAt: number
  /** Of the first sign-in with this account. */
  readonly since: number
  readonly refreshedAt: number | null
  readonly expiresAt: number | null
  /** What it was made in spite of: the exceptions of its provider's profile. */
  readonly quirks: readonly Quirk[]
  /** What its tokens are bound to: to a key that only this vault has (RFC 9449), or, null, to nothing. */
  readonly bound: 'dpop' | null
}

/** An access token for the `Authorization` header of one resource; lives in memory only. */
export interface AccessToken {
  readonly grant: Grant
  readonly value: string
  readonly expiresAt: number | null
  /** The URL of the MCP server that the person signed in for, from the vault: the token goes to no other. */
  readonly serverUrl: string
  /** Makes the headers of each request anew where the token is bound to a key; null for a bearer token. */
  readonly proof: BoundToken | null
  /** The server whose account's token it was exchanged for (RFC 8693), where it was. */
  readonly from?: string
}

/** What came of a sign-in. */
export interface Connected extends Grant {
  /** Who named the account; `nobody`: it has a name that stands in until the person gives one. */
  readonly named: 'provider' | 'person' | 'nobody'
  /** The account that the person wanted to sign in again, where another one has signed in: that one is as it was. */
  readonly insteadOf: string | null
}

/** In the browser of this machine, or by a code that is typed on any device (RFC 8628). */
export type SignInMethod = 'browser' | 'device'

/** What came of an adoption. */
export interface Adopted extends Connected {
  /** The provider replaced the refresh token: what the other program keeps is no good any more. */
  readonly rotated: boolean
}

export interface SignIn {
  readonly flow: string
  readonly url: string
  readonly host: string
  readonly issuer: string
  /** Other providers that the server takes sign-ins at. */
  readonly otherIssuers: readonly string[]
  readonly scopes: readonly string[]
  readonly expiresAt: number
  /** Until when the link can be opened, where that is sooner than the sign-in ends (RFC 9126 §2.2). */
  readonly linkExpiresAt: number | null
  /** What to type at `url`, and the link that has it in it; null for a sign-in in the browser. */
  readonly device: { readonly userCode: string; readonly complete: string | null } | null
  /** The provider takes codes as well. */
  readonly deviceOffered: boolean
  /** Opens the page in the system browser, after the person saw where it leads. @throws WarderError `oauth.browser_failed`: the sign-in still waits */
  open(): Promise<void>
  /**
   * A link to open by hand in place of `url`, which may have been opened, or be over: where the request has to be pushed
   * (RFC 9126), it is pushed anew. `expiresAt` in milliseconds since the epoch, null for as long as the sign-in lasts.
   * @throws WarderError `oauth.sign_in_abandoned`, and as `Grants.connect`
   */
  link(): Promise<{ readonly url: string; readonly expiresAt: number | null }>
  /** Takes the address that a browser on another machine ended at. @throws as `CallbackListener.paste` */
  answer(address: string): void
  /** Settles when the person is done. @throws WarderError `oauth.*` */
  readonly completed: Promise<Connected>
  cancel(): void
}

/** `introspect-*`: the provider's word before and after; `try-refresh`: the revoked refresh token, tried once more. */
export type StepName =
  | 'local'
  | 'revoke-refresh-token'
  | 'revoke-access-token'
  | 'introspect-refresh-token'
  | 'introspect-access-token'
  | 'probe'
  | 'try-refresh'
  | 'delete-registration'

export interface ReceiptStep {
  readonly at: number
  readonly step: StepName
  readonly endpoint: string | null
  readonly status: number | null
  readonly outcome: 'done' | 'failed' | 'pending' | 'unsupported' | 'not-needed'
  readonly detail: string
}

export interface Receipt {
  readonly id: string
  readonly grant: string
  readonly account: string
  readonly server: string
  readonly issuer: string
  readonly reason: string
  readonly startedAt: number
  readonly state: 'proven' | 'revoked' | 'pending' | 'local-only'
  readonly steps: readonly ReceiptStep[]
  readonly remains: string | null
}

/** What is known of one account: what it is now, and how that came about. */
export interface AccountHistory {
  readonly server: string
  readonly account: string
  readonly issuer: string
  /** Null once it was revoked. */
  readonly grant: Grant | null
  /** When the provider, which is left alone just now, is asked again; null where nothing waits. */
  readonly retryAt: number | null
  /** Of its last revocation. */
  readonly receipt: Receipt | null
  /** Newest first. */
  readonly entries: readonly LedgerEntry[]
}

/** What the room tells the rest of the house; `companion.ts` wires it. */
export interface GrantEvents {
  connected: [grant: Grant]
  refreshed: [grant: Grant]
  /** Without a person it cannot be used: signed out at the provider, or (state `frozen`) held by us. */
  signInNeeded: [grant: Grant]
  /** A call was refused for want of scopes, or for another operation, that nobody knew of before. */
  scopesNeeded: [grant: Grant]
  /** The tokens of this grant must not be used from this instant on: cut streams, end children that hold one. */
  revoked: [grant: Grant]
  receipt: [receipt: Receipt]
  /** A URL that a server or its provider named was refused, and a sign-in ended with that. */
  urlRefused: [refused: RefusedUrl]
}

/** What a server said it wants for one operation, as it answered 403 (RFC 6750 §3.1, insufficient_scope). */
export interface ScopeChallenge {
  /** Of the challenge; what the operation needs, whatever the server's metadata lists. */
  readonly scopes: readonly string[]
  /** What was refused, in words: `the tool send_mail`. */
  readonly operation: string
  /** The scopes that a person fixed for this server; undefined where the server may say. */
  readonly configured: readonly string[] | undefined
}

/** A scope that calls were refused for want of, and what was refused, in words: `the tool send_mail`. */
export interface LackedScope {
  readonly scope: string
  readonly operations: readonly string[]
}

/** Warder as an OAuth client: the only place that holds or renews upstream tokens. */
export interface Grants {
  list(): Grant[]
  /** The account that whoever asks would use at a server, in whatever state it is. @throws WarderError `grant.*` */
  chosen(server: string, asker: Asker): Grant
  /**
   * Names an account that its provider does not name; only right after its sign-in.
   * @throws WarderError `grant.unknown`, `usage.invalid` for a name that is or was another account's
   */
  rename(id: string, name: string): Grant
  /** @param name `SERVER/ACCOUNT`, or an account or grant id that is unique @throws WarderError `grant.unknown`, `grant.ambiguous` */
  find(name: string): Grant
  /**
   * Discovers, registers where needed, and prepares the page. Never called by a background task: only a person starts it.
   * @throws WarderError `oauth.*`, `net.*`, `vault.*`
   */
  connect(
    server: { readonly name: string; readonly definition: RemoteServer },
    options?: {
      readonly account?: string | undefined
      readonly issuer?: string | undefined
      readonly method?: SignInMethod | undefined
      /** To be asked for beside the usual ones. @throws WarderError `usage.invalid` beyond what the definition fixes */
      readonly scopes?: readonly string[] | undefined
    },
  ): Promise<SignIn>
  /** What a sign-in at a server would find, without one. @throws WarderError `net.*`, `server.unreachable` */
  preflight(definition: RemoteServer): Promise<Preflight>
  /**
   * Gives up the sign-ins that are on their way, at one server or at all: they end with `oauth.sign_in_abandoned`, none
   * makes a grant, and what a provider has issued for them by then is revoked there.
   */
  abandon(server?: string): void
  /**
   * Signs in where no person does (`auth: service`, `oauth.exchange`); done when it resolves.
   * @throws WarderError `oauth.service_incomplete`, `oauth.client_refused`, `oauth.client_key`, `oauth.*`, `grant.*`,
   *   `secret.*`, `net.*`, `vault.*`
   */
  obtain(
    server: { readonly name: string; readonly definition: RemoteServer },
    options?: { readonly account?: string | undefined; readonly issuer?: string | undefined },
  ): Promise<Grant>
  /**
   * Takes over what another program keeps: discovery as at a sign-in, then one renewal as that program's client, whose
   * new tokens are ours. Only a person starts it.
   *
   * @throws WarderError `import.other_server` where it is not of this server or its provider: then nothing was sent;
   *   `import.adopted`, `import.unusable`, `import.refused`, `import.busy`; `oauth.*`, `net.*`, `vault.*`
   */
  adopt(
    server: { readonly name: string; readonly definition: RemoteServer },
    foreign: ForeignGrant,
    options: { readonly account?: string | undefined; readonly allow: Allow },
  ): Promise<Adopted>
  /**
   * Revokes what another program keeps, at the provider that it came from. Nothing here can ever use it.
   *
   * @param allow asked only where the file does not bear out who issued it
   * @throws as `adopt`, but `import.refused`
   */
  revokeForeign(
    server: { readonly name: string; readonly definition: RemoteServer },
    foreign: ForeignGrant,
    allow: Allow,
  ): Promise<Receipt>
  /** The account that came of it, where its program has not written since. */
  adoptedAs(foreign: ForeignGrant): Grant | null
  /**
   * A live access token of the account that was chosen for whoever asks, refreshed ahead of its expiry, one refresh in
   * flight per grant. No other account is ever used in its place.
   * @throws WarderError `grant.sign_in_needed`, `grant.ambiguous`, `grant.frozen`, `vault.*`, `oauth.provider_unavailable`
   */
  accessToken(server: string, asker?: Asker): Promise<AccessToken>
  /** The resource answered 401 to this token: renew unless that has happened already. @throws as `accessToken` */
  rejected(token: AccessToken): Promise<AccessToken>
  /**
   * The resource answered 403 insufficient_scope to this token; the next sign-in at the server asks for more.
   * @returns what the call is answered with: `grant.scopes_needed` or `grant.scopes_refused`
   */
  insufficient(token: AccessToken, challenge: ScopeChallenge): WarderError
  /** What such calls lacked that the account still lacks, as far as this process knows. */
  lacking(grant: Grant): readonly LackedScope[]
  /**
   * Local at once (the token is unusable when this call is made, before it resolves), then at the provider (RFC 7009,
   * refresh token first), then a probe. Never rejects because of the provider: the receipt says what happened and what
   * is pending. @throws WarderError `vault.*` where not even the local part could be done
   */
  revoke(id: string, reason: string): Promise<Receipt>
  receipts(): Receipt[]
  /**
   * What happened to an account, gone ones included for as long as the ledger knows them.
   *
   * @param name as `find` @param limit most entries @throws as `find`
   */
  history(name: string, limit: number): AccountHistory
  on<E extends keyof GrantEvents>(event: E, listener: (...args: GrantEvents[E]) => void): () => void
  /** Takes up revocations that an earlier run left pending. */
  start(): void
  /** Cancels flows, waits for a refresh that is being stored. */
  close(): Promise<void>
}
