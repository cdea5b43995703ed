import { isQuirk } from '../store/quirks.ts'
import type { State } from '../store/state.ts'
import type { Grant, Receipt, ReceiptStep } from './types.ts'

/** A client registration of ours at one issuer. Its secret, where it has one, is in the vault under `registration:ID`. */
export interface Registration {
  readonly id: string
  readonly issuer: string
  /** `adopted`: another program's, whose tokens Warder took over; no sign-in of ours uses it. */
  readonly method: 'pre-registered' | 'document' | 'dynamic' | 'adopted'
  readonly clientId: string
  readonly redirectUri: string
  readonly authMethod: ClientAuthMethod
  readonly registeredAt: number
  /** When its secret expires; null where it does not. */
  readonly expiresAt: number | null
}

export type ClientAuthMethod =
  | 'none'
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'

/** A grant as it lies in the database: names and dates. What decides where a token goes is in the vault item. */
export interface GrantRow extends Grant {
  readonly registration: string
  /** The grant whose token is exchanged for those of this one; null where none is. */
  readonly exchangedFrom: string | null
}

/** A person at a provider: no other claim is unique, and none is never given to somebody else (OpenID Connect Core §5.7). */
export interface AccountOwner {
  readonly issuer: string
  readonly subject: string
}

export interface ReceiptRow extends Receipt {
  /** Kept until the revocation is settled, since the client may have to authenticate for it. */
  readonly registration: string
  readonly attempts: number
  readonly nextAttemptAt: number | null
}

/** The rows of this room. No secret ever comes near it. */
export interface Repository {
  grants(): GrantRow[]
  grant(id: string): GrantRow | null
  saveGrant(row: GrantRow): void
  removeGrant(id: string): void
  /** Whose name it is at the server, or was; null where it was never anybody's, as far as the provider said. */
  ownerOf(server: string, account: string): AccountOwner | null
  saveOwner(server: string, account: string, owner: AccountOwner): void
  /** Registrations at the issuer, newest first. */
  registrations(issuer: string): Registration[]
  registrationsOfClient(clientId: string): Registration[]
  registration(id: string): Registration | null
  saveRegistration(registration: Registration): void
  removeRegistration(id: string): void
  receipts(): ReceiptRow[]
  receipt(id: string): ReceiptRow | null
  saveReceipt(row: ReceiptRow): void
  transaction<T>(work: () => T): T
}

type Row = Record<string, unknown>

export function createRepository(state: State): Repository {
  const all = state.prepare('SELECT * FROM grants ORDER BY connected_at DESC, id')
  const one = state.prepare('SELECT * FROM grants WHERE id = ?')
  const putGrant = state.prepare(
    // Not OR REPLACE: that would delete whichever other grant has the same account, and lose sight of its token.
    `INSERT INTO grants (id, server, account, label, issuer, registration, client_id, resource, scopes, state,
       renewable, connected_at, refreshed_at, expires_at, quirks, withheld, bound, subject, organisation, since,
       kind, exchanged_from)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET account = excluded.account, label = excluded.label,
       subject = excluded.subject, organisation = excluded.organisation, registration = excluded.registration,
       scopes = excluded.scopes, state = excluded.state, renewable = excluded.renewable,
       connected_at = excluded.connected_at, refreshed_at = excluded.refreshed_at, expires_at = excluded.expires_at, quirks = excluded.quirks,
       withheld = excluded.withheld, bound = excluded.bound`,
  )
  const dropGrant = state.prepare('DELETE FROM grants WHERE id = ?')
  const owner = state.prepare('SELECT * FROM account_names WHERE server = ? AND account = ?')
  const putOwner = state.prepare(
    'INSERT OR IGNORE INTO account_names (server, account, issuer, subject) VALUES (?, ?, ?, ?)',
  )
  const byIssuer = state.prepare(
    'SELECT * FROM registrations WHERE issuer = ? ORDER BY registered_at DESC, id',
  )
  const oneRegistration = state.prepare('SELECT * FROM registrations WHERE id = ?')
  const byClient = state.prepare('SELECT * FROM registrations WHERE client_id = ?')
  const putRegistration = state.prepare(
    `INSERT OR REPLACE INTO registrations (id, issuer, method, client_id, redirect_uri, auth_method, registered_at,
       expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const dropRegistration = state.prepare('DELETE FROM registrations WHERE id = ?')
  const allReceipts = state.prepare('SELECT * FROM receipts ORDER BY started_at DESC, id')
  const oneReceipt = state.prepare('SELECT * FROM receipts WHERE id = ?')
  const putReceipt = state.prepare(
    `INSERT OR REPLACE INTO receipts (id, grant_id, account, server, issuer, registration, reason, started_at, state,
       steps, remains, attempts, next_attempt_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )

  return {
    grants: () => all.all().map(asGrant),
    grant: (id) => mapped(one.get(id), asGrant),
    saveGrant(row) {
      putGrant.run(
        ...[row.id, row.server, row.account, row.label, row.issuer, row.registration, row.clientId],
        ...[row.resource, JSON.stringify(row.scopes), row.state, row.renewable ? 1 : 0],
        ...[row.connectedAt, row.refreshedAt, row.expiresAt, JSON.stringify(row.quirks)],
        ...[JSON.stringify(row.withheld), row.bound],
        ...[row.subject, row.organisation, row.since, row.kind, row.exchangedFrom],
      )
    },
    removeGrant: (id) => void dropGrant.run(id),
    ownerOf: (server, account) => mapped(owner.get(server, account), asOwner),
    saveOwner: (server, account, { issuer, subject }) =>
      void putOwner.run(server, account, issuer, subject),
    registrations: (issuer) => byIssuer.all(issuer).map(asRegistration),
    registrationsOfClient: (clientId) => byClient.all(clientId).map(asRegistration),
    registration: (id) => mapped(oneRegistration.get(id), asRegistration),
    saveRegistration(row) {
      putRegistration.run(
        ...[row.id, row.issuer, row.method, row.clientId, row.redirectUri, row.authMethod],
        ...[row.registeredAt, row.expiresAt],
      )
    },
    removeRegistration: (id) => void dropRegistration.run(id),
    receipts: () => allReceipts.all().map(asReceipt),
    receipt: (id) => mapped(oneReceipt.get(id), asReceipt),
    saveReceipt(row) {
      putReceipt.run(
        ...[row.id, row.grant, row.account, row.server, row.issuer, row.registration, row.reason],
        ...[row.startedAt, row.state, JSON.stringify(row.steps), row.remains, row.attempts],
        row.nextAttemptAt,
      )
    },
    transaction: (work) => state.transaction(work),
  }
}

const mapped = <T>(row: Row | undefined, as: (row: Row) => T): T | null =>
  row === undefined ? null : as(row)

function asGrant(row: Row): GrantRow {
  return {
    id: String(row.id),
    server: String(row.server),
    account: String(row.account),
    label: textOrNull(row.label),
    kind: row.kind as Grant['kind'],
    exchangedFrom: textOrNull(row.exchanged_from),
    issuer: String(row.issuer),
    registration: String(row.registration),
    clientId: String(row.client_id),
    resource: String(row.resource),
    scopes: JSON.parse(String(row.scopes)) as string[],
    withheld: JSON.parse(String(row.withheld)) as string[],
    state: row.state as Grant['state'],
    renewable: row.renewable === 1,
    connectedAt: Number(row.connected_at),
    refreshedAt: instantOrNull(row.refreshed_at),
    expiresAt: instantOrNull(row.expires_at),
    quirks: (JSON.parse(String(row.quirks)) as string[]).filter(isQuirk),
    bound: row.bound === 'dpop' ? 'dpop' : null,
    subject: textOrNull(row.subject),
    organisation: textOrNull(row.organisation),
    since: Number(row.since),
  }
}

const asOwner = (row: Row): AccountOwner => ({
  issuer: String(row.issuer),
  subject: String(row.subject),
})

function asRegistration(row: Row): Registration {
  return {
    id: String(row.id),
    issuer: String(row.issuer),
    method: row.method as Registration['method'],
    clientId: String(row.client_id),
    redirectUri: String(row.redirect_uri),
    authMethod: row.auth_method as ClientAuthMethod,
    registeredAt: Number(row.registered_at),
    expiresAt: instantOrNull(row.expires_at),
  }
}

function asReceipt(row: Row): ReceiptRow {
  return {
    id: String(row.id),
    grant: String(row.grant_id),
    account: String(row.account),
    server: String(row.server),
    issuer: String(row.issuer),
    registration: String(row.registration),
    reason: String(row.reason),
    startedAt: Number(row.started_at),
    state: row.state as Receipt['state'],
    steps: JSON.parse(String(row.steps)) as ReceiptStep[],
    remains: textOrNull(row.remains),
    attempts: Number(row.attempts),
    nextAttemptAt: instantOrNull(row.next_attempt_at),
  }
}

const textOrNull = (value: unknown) => (value === null ? null : String(value))
const instantOrNull = (value: unknown) => (value === null ? null : Number(value))
