import { isWarderError, toWarderError, WarderError } from '../errors.ts'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import type { SecretStore } from '../vault/store.ts'
import type { AdoptedFiles } from './adopted-files.ts'
import type { Clients, Enrolment } from './clients.ts'
import { bindsTokens } from './dpop.ts'
import type { Allow, ForeignGrant } from './foreign-grant.ts'
import { evidenceFor, type ForeignServer, findOrigin, type Origin } from './foreign-origin.ts'
import { createKeep, type KeepOptions, type Source, seal } from './keep-grant.ts'
import type { Ledger } from './ledger.ts'
import type { Provider } from './metadata.ts'
import { confidentialMethod } from './registration.ts'
import { providerCode } from './renewal.ts'
import type { ClientAuthMethod, GrantRow, ReceiptRow } from './repository.ts'
import type { Revoker } from './revocation.ts'
import type { SealedGrant } from './sealed-grant.ts'
import { tryVault } from './sign-in.ts'
import { refresh, type Tokens } from './token-requests.ts'
import type { Adopted } from './types.ts'

/** Takes over, or ends, what other programs keep. */
export interface Adoptions {
  /** @throws as `Grants.adopt` */
  adopt(
    server: ForeignServer,
    foreign: ForeignGrant,
    label: string | undefined,
    allow: Allow,
  ): Promise<Adopted>
  /** @throws as `Grants.revokeForeign` */
  revoke(server: ForeignServer, foreign: ForeignGrant, allow: Allow): Promise<ReceiptRow>
  /** The grant that came of it, while that is there. */
  adoptedAs(foreign: ForeignGrant): GrantRow | null
}

export interface AdoptionsOptions extends KeepOptions {
  readonly vault: () => SecretStore
  readonly clients: Clients
  readonly ledger: Ledger
  readonly revoker: Revoker
  readonly adoptedFiles: AdoptedFiles
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly documents: DocumentCache
  readonly providers: () => Readonly<Record<string, ProviderProfile>>
}

interface Adopting extends Source {
  readonly enrolment: Omit<Enrolment, 'listener'>
}

const methods: readonly ClientAuthMethod[] = ['none', 'client_secret_basic', 'client_secret_post']

export function createAdoptions(options: AdoptionsOptions): Adoptions {
  const { repository, ledger, clients, clock } = options
  const keep = createKeep(options)
  const underWay = new Set<string>()

  /** A refresh token that is used twice ends its grant at many providers. */
  async function once<T>({ id, program }: ForeignGrant, work: () => Promise<T>): Promise<T> {
    if (underWay.has(id))
      throw new WarderError('import.busy', `What ${program} keeps there is being worked on.`)
    underWay.add(id)
    try {
      return await work()
    } finally {
      underWay.delete(id)
    }
  }

  function adoptedAs(foreign: ForeignGrant): GrantRow | null {
    const id = options.adoptedFiles.grantOf(foreign)
    const row = id === null ? null : repository.grant(id)
    return row === null || row.state === 'revoking' ? null : row
  }

  function refuseAdopted(foreign: ForeignGrant): void {
    const row = adoptedAs(foreign)
    if (row !== null)
      throw new WarderError(
        'import.adopted',
        `This was adopted as ${row.server}/${row.account} already, and the file has not changed since.`,
      )
  }

  async function adopt(
    server: ForeignServer,
    foreign: ForeignGrant,
    label: string | undefined,
    allow: Allow,
  ) {
    refuseAdopted(foreign)
    await tryVault(options.vault())
    const origin = await findOrigin(foreign, server, options)
    refuseBound(server, origin)
    const bare = foreign.refreshToken === null ? bareTokens(server, foreign, origin) : null
    await allow(destination(origin))
    const source = await sourceOf(server, foreign, origin, label)
    try {
      const adopted =
        bare === null
          ? await renewed(source, foreign)
          : { ...(await keep(source, bare)), rotated: false }
      options.adoptedFiles.remember(foreign, adopted.id)
      return adopted
    } finally {
      await letGo(source)
    }
  }

  /** Without a grant or a receipt nobody needs the client; what cannot be removed now is no token. */
  async function letGo({ enrolment }: Adopting): Promise<void> {
    enrolment.release()
    await clients.retire(enrolment.registration.id).catch(() => undefined)
  }

  /** One renewal, after which the refresh token is ours alone wherever the provider rotates. */
  async function renewed(source: Source, foreign: ForeignGrant): Promise<Adopted> {
    const refreshToken = foreign.refreshToken ?? ''
    const seq = ledger.begin(rowOf(source, foreign), { reason: 'import', sleptMs: 0 })
    const tokens = await askOnce(source, foreign, refreshToken, seq)
    const rotated = tokens.refreshToken !== null && tokens.refreshToken !== refreshToken
    try {
      const newest = { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }
      const connected = await keep(source, newest)
      ledger.end(seq, { outcome: 'renewed', rotated, status: 200 })
      ledger.attribute(seq, connected)
      return { ...connected, rotated }
    } catch (error) {
      ledger.end(seq, { outcome: 'not-stored', rotated, status: 200 })
      throw rotated ? lost(error, foreign) : error
    }
  }

  async function askOnce(
    { party, request }: Source,
    { program }: ForeignGrant,
    refreshToken: string,
    seq: number,
  ): Promise<Tokens> {
    try {
      return await refresh(party, refreshToken, request.resource, clock)
    } catch (thrown) {
      const error = toWarderError(thrown)
      const refused = isWarderError(error, 'grant.sign_in_needed')
      const outcome =
        refused || isWarderError(error, 'oauth.token_refused') ? 'refused' : 'unavailable'
      ledger.end(seq, { outcome, error: providerCode(error), code: error.code })
      if (!refused) throw error
      throw new WarderError(
        'import.refused',
        `The provider refuses what ${program} keeps: it is over there. Nothing was adopted.`,
        { cause: error },
      )
    }
  }

  async function revoke(
    server: ForeignServer,
    foreign: ForeignGrant,
    allow: Allow,
  ): Promise<ReceiptRow> {
    refuseAdopted(foreign)
    await tryVault(options.vault())
    const origin = await findOrigin(foreign, server, options)
    // To end a token where it came from narrows; to send it where only a server says that it came from does not.
    if (!origin.borneOut) await allow(destination(origin))
    const source = await sourceOf(server, foreign, origin, undefined)
    const row = rowOf(source, foreign)
    try {
      const receipt = repository.transaction(() => {
        ledger.note(row, 'revoked')
        return options.revoker.begin(row, `Imported from ${foreign.program}`, {
          outcome: 'not-needed',
          detail: `Warder never used it. ${foreign.program} still has it, until its file is shredded.`,
        })
      })
      const sealed = sealedOf(source, foreign)
      const seized = { accessToken: null, unstored: Promise.resolve(sealed) }
      return await options.revoker.carryOn(receipt.id, seized)
    } finally {
      await letGo(source)
    }
  }

  async function sourceOf(
    server: ForeignServer,
    foreign: ForeignGrant,
    { discovered, profile, policy, fetch }: Origin,
    label: string | undefined,
  ): Promise<Adopting> {
    const { provider, resource } = discovered
    const { clientId, clientSecret, scopes } = foreign
    if (clientId === null) throw unusable(foreign, 'the file does not say as which client')
    const authMethod = authMethodOf(foreign, provider)
    const { issuer } = provider
    const secret = authMethod === 'none' ? null : clientSecret
    const enrolment = await clients.adopt({ issuer, clientId, authMethod, secret })
    const { quirks } = profile
    return {
      server,
      label,
      profile,
      discovered,
      enrolment,
      party: { provider, clientId, authMethod, secret, fetch, policy, quirks },
      request: { issuer, redirectUri: '', resource: resource.resource, scopes },
    }
  }

  /** Its account is not known before the provider was asked, so it is called after where it lies. */
  function rowOf(source: Source, foreign: ForeignGrant): GrantRow {
    const { server, enrolment, request, profile, label } = source
    const { scopes, writtenAt, expiresAt, program, id } = foreign
    return {
      id: options.randomId(),
      server: server.name,
      account: `${program}-${id.slice(0, 6)}`,
      label: label ?? null,
      kind: 'person',
      exchangedFrom: null,
      subject: null,
      organisation: null,
      issuer: request.issuer,
      registration: enrolment.registration.id,
      clientId: enrolment.registration.clientId,
      resource: request.resource,
      scopes,
      withheld: [],
      state: 'sign-in-needed',
      renewable: foreign.refreshToken !== null,
      quirks: profile.quirks,
      bound: null,
      connectedAt: writtenAt,
      since: writtenAt,
      refreshedAt: null,
      expiresAt,
    }
  }

  function refuseBound({ name }: ForeignServer, { discovered }: Origin): void {
    const { resource, provider } = discovered
    const bound = repository
      .grants()
      .some((row) => row.server === name && row.state !== 'revoking' && row.bound !== null)
    if (bindsTokens(resource.dpop, provider, bound))
      throw new WarderError(
        'import.unusable',
        `${name} asks for tokens that are bound to a key, and what other programs keep is bound to none of Warder's.`,
      )
  }

  /**
   * Where a provider gives refresh tokens, a program that keeps none has something worse than a sign-in would bring. An
   * access token is shown to the server itself, so the file has to say that it is of this one.
   */
  function bareTokens(server: ForeignServer, foreign: ForeignGrant, origin: Origin): Tokens {
    const { accessToken, expiresAt, scopes } = foreign
    const { grant_types_supported: types } = origin.discovered.provider
    const renews =
      types?.includes('refresh_token') === true &&
      !origin.profile.quirks.includes('no-refresh-token')
    if (renews) throw unusable(foreign, 'it holds no refresh token, and a sign-in would bring one')
    if (evidenceFor(foreign, server) !== 'server')
      throw unusable(foreign, `it does not say that its access token is for ${server.name}`)
    if (accessToken === null || (expiresAt !== null && expiresAt <= clock()))
      throw unusable(foreign, 'its access token is over')
    return { accessToken, expiresAt, refreshToken: null, scopes, claims: null }
  }

  return {
    adopt: (server, foreign, label, allow) =>
      once(foreign, () => adopt(server, foreign, label, allow)),
    revoke: (server, foreign, allow) => once(foreign, () => revoke(server, foreign, allow)),
    adoptedAs,
  }
}

/** As its registration says; RFC 8414 §2 where a program keeps a secret and does not say how it is used. */
function authMethodOf({ clientSecret, authMethod }: ForeignGrant, provider: Provider) {
  if (clientSecret === null) return 'none'
  return methods.find((one) => one === authMethod) ?? confidentialMethod(provider)
}

function sealedOf(source: Source, foreign: ForeignGrant): SealedGrant {
  const { accessToken, refreshToken, expiresAt, scopes } = foreign
  const tokens = { accessToken: accessToken ?? '', refreshToken, expiresAt, scopes, claims: null }
  return { ...seal(source, tokens), accessToken }
}

const destination = ({ discovered, borneOut }: Origin) => ({
  issuer: discovered.provider.issuer,
  borneOut,
})

const unusable = ({ program }: ForeignGrant, why: string) =>
  new WarderError('import.unusable', `What ${program} keeps there cannot be used: ${why}.`)

function lost(error: unknown, { program }: ForeignGrant): WarderError {
  const known = toWarderError(error)
  return new WarderError(
    known.code,
    `${known.message} The provider had replaced the token of ${program} by then: sign in again, there too.`,
    { cause: known },
  )
}
