import { randomBytes as systemRandomBytes } from 'node:crypto'
import { WarderError } from '../errors.ts'
import { createEmitter } from '../events.ts'
import type { Fetch } from '../net/dialer.ts'
import { createDocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { Browser } from '../ports.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import type { State } from '../store/state.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { type Choices, chosenAccount, pickGrant } from './account-choice.ts'
import { createAdoptedFiles } from './adopted-files.ts'
import { createAdoptions } from './adoption.ts'
import { type Asker, NOBODY } from './asker.ts'
import { createAttempts } from './attempts.ts'
import { startAwakeClock } from './awake-clock.ts'
import { createBackoff } from './backoff.ts'
import { createClients } from './clients.ts'
import type { Wait } from './device-polling.ts'
import { findGrant } from './find-grant.ts'
import { createGiveBack } from './give-back.ts'
import { connectedOtherwise, isOfKind } from './grant-kind.ts'
import { createHistories } from './history.ts'
import { createLateDeletions } from './late-deletion.ts'
import { createLedger } from './ledger.ts'
import { createPreflight } from './preflight.ts'
import { tellingOfUrls } from './refused-url.ts'
import { createRegistrationRemovals } from './registration-removals.ts'
import { createRename } from './rename.ts'
import { createRenewer } from './renewal.ts'
import { createRepository, type GrantRow, type ReceiptRow } from './repository.ts'
import { createRevoker } from './revocation.ts'
import { createRuleFolders } from './rule-folders.ts'
import { createServices } from './services.ts'
import { createSignIns } from './sign-in.ts'
import { createStepUps } from './step-up.ts'
import { createTokenKeeper, type TokenKeeper } from './token-keeper.ts'
import type { GrantEvents, Grants } from './types.ts'
import { createUnattendedRequests } from './unattended.ts'

export interface GrantsOptions {
  readonly state: State
  /** The vault in use: a person may choose another one while Warder runs. */
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly browser: Browser
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly settings: () => { readonly clientMetadataUrl?: string | undefined }
  /** The profiles of identity providers that server definitions may name. */
  readonly providers: () => Readonly<Record<string, ProviderProfile>>
  /** Which account of a server a person chose for whom. */
  readonly choices: () => Choices
  /** The client secret that a server definition refers to as `secret:NAME`. @throws WarderError `secret.*`, `vault.*` */
  readonly resolveSecret: (name: string, server: string, issuer: string) => Promise<string>
  readonly clock?: () => number
  /** Milliseconds on a clock that nobody can set and that stands still while the machine sleeps. */
  readonly monotonic?: () => number
  readonly randomBytes?: (size: number) => Buffer
  /** What a sign-in by code waits with between two requests. */
  readonly wait?: Wait
}

/** Composes the room: who signs in, who holds tokens, who revokes. */
export function createGrants(options: GrantsOptions): Grants {
  const awake = startAwakeClock()
  const { clock = Date.now, monotonic = awake.now } = options
  const { randomBytes = systemRandomBytes } = options
  const events = createEmitter<GrantEvents>()
  const repository = createRepository(options.state)
  const randomId = () => randomBytes(12).toString('hex')
  const ledger = createLedger({ ...options, clock })
  const backoff = createBackoff({ clock, monotonic })
  const shared = {
    ...options,
    repository,
    ledger,
    backoff,
    clock,
    monotonic,
    documents: createDocumentCache({ clock, monotonic }),
    randomBytes,
    randomId,
  }
  const onReceipt = (receipt: ReceiptRow) => events.emit('receipt', receipt)
  const onLater = createLateDeletions({ repository, clock, onReceipt })
  const removals = createRegistrationRemovals({ ...shared, onLater })
  const clients = createClients({ ...shared, removals })
  const unattended = createUnattendedRequests({
    ...shared,
    accessToken: (grant) => keeper.access(grant),
  })
  const keeper: TokenKeeper = createTokenKeeper({
    ...shared,
    renewer: createRenewer({ ...shared, clients, unattended }),
    onRefreshed: (row) => events.emit('refreshed', row),
    onSignInNeeded: (row) => {
      endExchanged(row)
      events.emit('signInNeeded', row)
    },
  })
  const revoker = createRevoker({ ...shared, clients, onReceipt })
  const stepUps = createStepUps(repository)
  const attempts = createAttempts()
  const connecting = {
    ...shared,
    stepUps,
    attempts,
    clients,
    keeper,
    giveBack: createGiveBack({ ...shared, revoker }),
    onConnected: (row: GrantRow) => {
      ledger.note(row, 'signed-in')
      events.emit('connected', row)
    },
    supersede: (row: GrantRow) => revokeInBackground(row, 'Replaced by a new sign-in.'),
    takeBack: (row: GrantRow) => revokeInBackground(row, 'Its sign-in was given up.'),
  }
  const signIns = createSignIns(connecting)
  const services = createServices({
    ...connecting,
    requests: unattended,
    grantFor: (server) => grantFor(server, NOBODY),
  })
  const adoptedFiles = createAdoptedFiles(options.state)
  const adoptions = createAdoptions({ ...connecting, revoker, adoptedFiles })

  /** The first half is done when this returns, the second when the returned function's promise settles. */
  function revokeRow(row: GrantRow, reason: string) {
    const seized = keeper.seize(row.id)
    const receipt = repository.transaction(() => {
      ledger.note(row, 'revoked')
      return revoker.begin(row, reason)
    })
    events.emit('revoked', { ...row, state: 'revoking' })
    endExchanged(row)
    return () => revoker.carryOn(receipt.id, seized)
  }

  /** A vault that is locked just now leaves the receipt pending. */
  function revokeInBackground(row: GrantRow, reason: string): void {
    void revokeRow(row, reason)().catch(() => undefined)
  }

  /** What was made from the token of a grant lives no longer than the grant does. */
  function endExchanged(from: Pick<GrantRow, 'id' | 'server' | 'account'>): void {
    for (const row of repository.grants())
      if (row.exchangedFrom === from.id && row.state !== 'revoking')
        revokeInBackground(
          row,
          `It was exchanged for a token of ${from.server}/${from.account}, which ended.`,
        )
  }

  /** A URL that ends the work is told of. */
  function noted<T>(server: string, work: Promise<T>): Promise<T> {
    return tellingOfUrls(work, (refused) => events.emit('urlRefused', { server, ...refused }))
  }

  const ruleFolders = createRuleFolders()

  function grantFor(server: string, asker: Asker): GrantRow {
    const choices = options.choices()
    const real = ruleFolders(choices, asker.folder)
    const choice = chosenAccount(choices, server, asker, real)
    const { servers } = options.choices()
    const live = repository
      .grants()
      .filter((row) => row.server === server && row.state !== 'revoking')
    const rows = live.filter((row) => isOfKind(servers, row))
    if (live.length > 0 && rows.length === 0) throw connectedOtherwise(server)
    return pickGrant(rows, server, asker, choice)
  }

  return {
    list: () => repository.grants(),
    chosen: grantFor,
    rename: createRename(shared),
    find: (name) => findGrant(repository.grants(), name),
    async connect(server, wish = {}) {
      const signIn = await noted(server.name, signIns.connect(server, wish))
      // Whoever waits for the outcome learns the error itself.
      noted(server.name, signIn.completed).catch(() => undefined)
      return signIn
    },
    obtain: (server, wish = {}) => noted(server.name, services.connect(server, wish)),
    adopt: (server, foreign, { account, allow }) =>
      noted(server.name, adoptions.adopt(server, foreign, account, allow)),
    abandon: attempts.abandon,
    revokeForeign: (server, foreign, allow) => adoptions.revoke(server, foreign, allow),
    preflight: createPreflight(shared),
    adoptedAs: (foreign) => adoptions.adoptedAs(foreign),
    accessToken: async (server, asker = NOBODY) => keeper.access(grantFor(server, asker).id),
    rejected: (token) => keeper.rejected(token),
    insufficient(token, challenge) {
      const { grant } = token
      const known = JSON.stringify(stepUps.lacking(grant))
      const error = stepUps.needed(grant, challenge)
      // A client may try a hundred times; whoever looks at the account is told of what is new.
      if (JSON.stringify(stepUps.lacking(grant)) !== known) events.emit('scopesNeeded', grant)
      return error
    },
    lacking: stepUps.lacking,
    async revoke(id, reason) {
      const row = repository.grant(id)
      if (row === null) throw new WarderError('grant.unknown', 'There is no such account.')
      const pending = repository
        .receipts()
        .find((receipt) => receipt.grant === id && receipt.state === 'pending')
      if (pending !== undefined) return revoker.carryOn(pending.id, null)
      return revokeRow(row, reason)()
    },
    receipts: () => repository.receipts(),
    history: createHistories(shared),
    on: events.on,
    start() {
      revoker.start()
      removals.start()
    },
    async close() {
      await signIns.close()
      await keeper.settle()
      await revoker.close()
      await removals.close()
      awake.stop()
    },
  }
}
