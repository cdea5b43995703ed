import type { Fetch } from '../net/dialer.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import type { Clients } from './clients.ts'
import { openDpop } from './dpop.ts'
import { introspect } from './introspection.ts'
import type { Ledger } from './ledger.ts'
import { MOST_TRIALS, remember } from './receipt.ts'
import type { GrantRow, ReceiptRow, Repository } from './repository.ts'
import { probeToken, revokeToken, type StepResult } from './revocation-requests.ts'
import { policyOf, revokeKey, type SealedGrant, writeSealed } from './sealed-grant.ts'
import { tryRevoked } from './trial.ts'
import type { ReceiptStep, StepName } from './types.ts'
import type { Party } from './wire.ts'

export interface Round {
  readonly steps: readonly ReceiptStep[]
  /** As the vault holds it now: a trial may have brought tokens that nobody wanted. */
  readonly sealed: SealedGrant
  /** How long the provider wants to be left alone. */
  readonly retryAfterMs: number
}

export interface RoundsOptions {
  readonly repository: Repository
  readonly vault: () => SecretStore
  readonly knownSecrets: KnownSecrets
  readonly clients: Clients
  readonly ledger: Ledger
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly clock: () => number
}

type Kind = 'refresh-token' | 'access-token'
const hints = { 'refresh-token': 'refresh_token', 'access-token': 'access_token' } as const
const kinds: readonly Kind[] = ['refresh-token', 'access-token']

/**
 * One round of asking everybody who can end or judge the tokens of a revoked grant: what the provider thinks of them
 * before, the revocation (RFC 7009, refresh token first), then what shows that they are dead, the gentlest first.
 * A step that an earlier round has settled is not repeated. Never rejects for what others answer.
 *
 * @throws WarderError `vault.*`, `secret.*`, `store.unwritable`
 */
export function createRounds(options: RoundsOptions) {
  const { repository, clock } = options

  return async function round(
    receipt: ReceiptRow,
    grant: GrantRow | null,
    aside: SealedGrant,
  ): Promise<Round> {
    const party = await partyOf(receipt, aside)
    let sealed = aside
    let steps = receipt.steps
    let retryAfterMs = 0

    const told = (name: StepName) => steps.find((one) => one.step === name)?.outcome
    const tokenOf = (kind: Kind) =>
      kind === 'refresh-token' ? sealed.refreshToken : sealed.accessToken

    function note(step: StepName, endpoint: string | null, result: StepResult): void {
      const { status, outcome, detail } = result
      steps = remember(steps, { at: clock(), step, endpoint, status, outcome, detail })
      retryAfterMs = Math.max(retryAfterMs, result.retryAfterMs ?? 0)
    }

    /** What was asked at once stands in the receipt in the order it was asked. */
    async function noteAll(asked: readonly Promise<Parameters<typeof note> | null>[]) {
      for (const told of await Promise.all(asked)) if (told !== null) note(...told)
    }

    /** On disk before the next thing is done: a crash in between must not lose what it rests on. */
    const write = () => repository.saveReceipt({ ...current(), steps })
    const current = () => repository.receipt(receipt.id) ?? receipt

    async function lookBefore(kind: Kind): Promise<Parameters<typeof note> | null> {
      const token = tokenOf(kind)
      const name = `introspect-${kind}` as const
      const endpoint = sealed.introspectionEndpoint
      if (token === null || endpoint === null || told(name) !== undefined) return null
      if (kind === 'access-token' && sealed.quirks.includes('id-token-as-bearer')) return null
      const { status, active, why } = await introspect(party, token, hints[kind])
      return active === true
        ? [name, endpoint, { status, outcome: 'pending', detail: 'Before: active.' }]
        : [name, endpoint, { status, outcome: 'unsupported', detail: why || NEVER_ACTIVE }]
    }

    async function revoke(kind: Kind): Promise<void> {
      const token = tokenOf(kind)
      const name = `revoke-${kind}` as const
      if (token === null || (told(name) === 'done' && !isAlive())) return
      const endpoint = sealed.revocationEndpoint
      const silent = steps.find((one) => one.step === 'revoke-refresh-token')
      if (kind === 'access-token' && silent?.outcome === 'pending' && silent.status === null)
        return note(name, endpoint, {
          status: null,
          outcome: 'pending',
          detail: 'Not asked yet, since the provider does not answer.',
        })
      note(name, endpoint, withReach(sealed, await revokeToken(party, token, hints[kind], clock)))
    }

    /** The provider itself took or named the refresh token as good after it had confirmed its revocation. */
    const isAlive = () => sealed.minted > 0 || told('introspect-refresh-token') === 'failed'

    async function lookAfter(kind: Kind): Promise<Parameters<typeof note> | null> {
      const token = tokenOf(kind)
      const name = `introspect-${kind}` as const
      const before = told(name)
      if (token === null || before === undefined || before === 'unsupported' || before === 'done')
        return null
      const { status, active, why } = await introspect(party, token, hints[kind])
      if (active === true && kind === 'refresh-token') {
        sealed = { ...sealed, seenActive: sealed.seenActive + 1 }
        await writeSealed(options.vault(), revokeKey(receipt.id), sealed)
      }
      return [name, sealed.introspectionEndpoint, { status, ...afterwards(active, why) }]
    }

    async function showToServer(): Promise<Parameters<typeof note> | null> {
      const { accessToken, serverUrl } = sealed
      if (accessToken === null) return null
      const bound = party.dpop?.bind(accessToken) ?? null
      const result = await probeToken(party.fetch, serverUrl, accessToken, bound)
      return ['probe', sealed.serverUrl, result]
    }

    async function tryOnce(): Promise<void> {
      const { refreshToken } = sealed
      if (refreshToken === null || grant === null || told('revoke-refresh-token') !== 'done') return
      // Introspection told it already, one way or the other.
      if (['done', 'failed'].includes(told('introspect-refresh-token') ?? '')) return
      const earlier = told('try-refresh')
      if (earlier === 'pending') return note('try-refresh', sealed.tokenEndpoint, cutShort)
      const again = sealed.minted > 0 && sealed.minted < MOST_TRIALS
      if (earlier !== undefined && !again) return
      note('try-refresh', sealed.tokenEndpoint, underWay)
      write()
      const { step, minted } = await tryRevoked(grant, { ...sealed, refreshToken }, party, options)
      if (minted !== null) {
        // In the vault first: what cannot be revoked now is revoked later, whatever happens in between.
        sealed = {
          ...sealed,
          refreshToken: minted.refreshToken ?? refreshToken,
          accessToken: minted.accessToken,
          expiresAt: minted.expiresAt,
          minted: sealed.minted + 1,
        }
        await writeSealed(options.vault(), revokeKey(receipt.id), sealed)
      }
      note('try-refresh', sealed.tokenEndpoint, step)
      if (minted !== null) for (const kind of kinds) await revoke(kind)
    }

    await noteAll(kinds.map(lookBefore))
    write()
    for (const kind of kinds) await revoke(kind)
    if (!steps.some((one) => one.step.startsWith('revoke-') && one.outcome === 'pending')) {
      await noteAll([...kinds.map(lookAfter), showToServer()])
      await tryOnce()
    }
    return { steps, sealed, retryAfterMs }
  }

  /** The provider as it was at the sign-in: what its metadata says today gets no token. */
  async function partyOf(receipt: ReceiptRow, sealed: SealedGrant): Promise<Party> {
    const policy = policyOf(sealed)
    const { issuer, tokenEndpoint, clientId, authMethod } = sealed
    const { revocationEndpoint, introspectionEndpoint } = sealed
    return {
      provider: {
        issuer,
        token_endpoint: tokenEndpoint,
        ...(revocationEndpoint !== null && { revocation_endpoint: revocationEndpoint }),
        ...(sealed.signingAlgorithms && {
          token_endpoint_auth_signing_alg_values_supported: sealed.signingAlgorithms,
        }),
        ...(introspectionEndpoint !== null && { introspection_endpoint: introspectionEndpoint }),
      },
      clientId,
      authMethod,
      secret: await options.clients.secret(
        sealed.clientSecret,
        sealed.secretOf ?? receipt.server,
        issuer,
      ),
      fetch: options.fetch(policy),
      policy,
      quirks: sealed.quirks,
      // Without its proof a token is refused, dead or not.
      dpop: sealed.dpopKey === null ? undefined : openDpop(sealed.dpopKey, clock),
    }
  }
}

/** `failed`: seen alive; `unsupported`: it does not tell. */
function afterwards(active: boolean | null, why: string): Pick<StepResult, 'outcome' | 'detail'> {
  if (active === null) return { outcome: 'unsupported', detail: why }
  return active
    ? { outcome: 'failed', detail: 'The provider says that it is still active.' }
    : { outcome: 'done', detail: 'Active before, not active any more.' }
}

const NEVER_ACTIVE =
  'The provider does not tell this client that the token is active, so its word would prove nothing.'

const underWay: StepResult = { status: null, outcome: 'pending', detail: 'Under way.' }
const cutShort: StepResult = {
  status: null,
  outcome: 'failed',
  detail: 'Cut short, since Warder ended in the middle of it: what the provider did is not known.',
}

/** A person who revokes one account should not wonder why others of it have to sign in again. */
function withReach(sealed: SealedGrant, result: StepResult): StepResult {
  if (!sealed.revocationEndsEveryGrant || result.outcome !== 'done') return result
  const detail = `${result.detail} This provider ends every grant of the account to the same client.`
  return { ...result, detail }
}
