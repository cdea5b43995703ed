import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { z } from 'zod'
import { isWarderError, WarderError } from '../errors.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import type { Provider } from './metadata.ts'

/** The one algorithm of our proofs: the one that every implementation of RFC 9449 has. */
const ALGORITHM = 'ES256'

/** The private key of one grant (RFC 7517), as it lies in the grant's vault item and nowhere else. */
export const dpopKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

export type DpopKey = z.output<typeof dpopKeySchema>

/** What a protected resource says of DPoP, in its metadata (RFC 9728 §2) and in its challenge (RFC 9449 §7.1). */
export interface DpopWish {
  readonly asked: boolean
  /** It takes no other tokens. */
  readonly required: boolean
  /** It takes proofs of our algorithm, as far as it says. */
  readonly usable: boolean
}

/** What a 401 to a bound token says of its proof; null: it is the token that was refused. */
export type ProofRefusal = 'nonce' | WarderError | null

/** A token that is bound to a key, as its resource sees it. */
export interface BoundToken {
  /** `authorization` and `dpop` for one HTTP request and no second one (RFC 9449 §4.2, §7.1). */
  headers(method: string, url: string): Promise<Record<string, string>>
  /**
   * Takes the nonce that an answer brings (RFC 9449 §8.2, §9).
   *
   * @returns `nonce` where the request has to be made again with it; an error where no other token would help
   */
  answered(status: number, headers: Headers): ProofRefusal
}

/** The key of one grant at work. Nonces of the provider and of the resource are never mixed (RFC 9449 §9). */
export interface Dpop {
  readonly key: DpopKey
  /** The library makes the proofs of token requests, and keeps the nonces of their origin. */
  readonly provider: oauth.DPoPHandle
  /** The `jkt` that tokens are bound to (RFC 7638). */
  thumbprint(): Promise<string>
  bind(accessToken: string): BoundToken
}

export function createDpopKey(): DpopKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return dpopKeySchema.parse(privateKey.export({ format: 'jwk' }))
}

/** @param clock milliseconds since the epoch, for `iat` */
export function openDpop(key: DpopKey, clock: () => number): Dpop {
  const pair = keyPair(key)
  /** The resource's newest; null until it gives one out. */
  let nonce: string | null = null
  const now = () => Math.floor(clock() / 1000)
  const provider = oauth.DPoP({}, pair, {
    [oauth.modifyAssertion]: (_header, payload) => void Object.assign(payload, { iat: now() }),
  })
  const resource = oauth.DPoP({}, pair, {
    [oauth.modifyAssertion]: (_header, payload) =>
      void Object.assign(payload, { iat: now() }, nonce === null ? {} : { nonce }),
  })

  return {
    key,
    provider,
    thumbprint: () => provider.calculateThumbprint(),
    bind: (accessToken) => ({
      headers: (method, url) => signedHeaders(resource, accessToken, method, url),
      answered(status, headers) {
        const fresh = headers.get('dpop-nonce')
        if (fresh !== null && nonceText.test(fresh)) nonce = fresh
        return status === 401 ? judge(headers, nonce !== null && nonce === fresh, clock()) : null
      },
    }),
  }
}

/** RFC 9449 §8.1 (1*NQCHAR). */
const nonceText = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/

function keyPair(key: DpopKey): oauth.CryptoKeyPair {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  return {
    // Node's type and the web's stand for the same objects.
    privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']) as CryptoKey,
    publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']) as CryptoKey,
  }
}

/** The library signs; the request itself goes another way, so what it would have sent is taken from it. */
async function signedHeaders(
  handle: oauth.DPoPHandle,
  accessToken: string,
  method: string,
  url: string,
): Promise<Record<string, string>> {
  let headers: Record<string, string> = {}
  await oauth.protectedResourceRequest(accessToken, method, new URL(url), undefined, null, {
    DPoP: handle,
    // Which URLs a token may go to was decided long before.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (_url, request) => {
      headers = request.headers
      return new Response()
    },
  })
  const { authorization = '', dpop = '' } = headers
  return { authorization, dpop }
}

/** RFC 9449 §7.1 and §9. */
function judge(headers: Headers, freshNonce: boolean, now: number): ProofRefusal {
  const challenges = challengesOf(headers)
  const own = challenges.find(({ scheme }) => scheme === 'dpop')
  if (own === undefined)
    return challenges.some(({ scheme }) => scheme === 'bearer') ? asksForBearer() : null
  const error = own.parameters.get('error')
  if (error === 'use_dpop_nonce')
    return freshNonce ? 'nonce' : refusedProof('wants a nonce that it does not name')
  if (error === 'invalid_dpop_proof')
    return refusedProof(`does not accept the proof${clockNote(headers, now)}`)
  return null
}

/** A field that cannot be read says nothing of the proof. */
function challengesOf(headers: Headers): readonly Challenge[] {
  try {
    return parseChallenges(headers.get('www-authenticate') ?? '')
  } catch (error) {
    if (isWarderError(error)) return []
    throw error
  }
}

const refusedProof = (why: string) =>
  new WarderError('server.refused', `The server ${why} (DPoP, RFC 9449 §7.1).`)

/** Servers refuse proofs that are older than minutes. */
const NOTEWORTHY_MS = 30_000

function clockNote(headers: Headers, now: number): string {
  const difference = Date.parse(headers.get('date') ?? '') - now
  if (!(Math.abs(difference) >= NOTEWORTHY_MS)) return ''
  const seconds = Math.round(Math.abs(difference) / 1000)
  const way = difference > 0 ? 'ahead of' : 'behind'
  return `; its clock is ${seconds} seconds ${way} the one of this machine`
}

const asksForBearer = () =>
  new WarderError(
    'oauth.dpop_downgrade',
    'The server now asks for a bearer token, but the account was signed in with a token that is bound to a key; it was not sent without its proof.',
  )

/**
 * What the resource wants, put together from its metadata and its challenge.
 *
 * @param challenge of its 401; null where there was none
 */
export function dpopWish(
  metadata: {
    readonly dpop_bound_access_tokens_required?: boolean | null | undefined
    readonly dpop_signing_alg_values_supported?: readonly string[] | null | undefined
  },
  challenge: {
    readonly alone: boolean
    readonly algorithms: readonly string[] | null
  } | null,
): DpopWish {
  const {
    dpop_bound_access_tokens_required: bound,
    dpop_signing_alg_values_supported: algorithms = null,
  } = metadata
  const lists = [algorithms, challenge?.algorithms ?? null].filter((list) => list !== null)
  const required = bound === true || challenge?.alone === true
  return {
    asked: required || algorithms !== null || challenge !== null,
    required,
    usable: lists.every((list) => list.includes(ALGORITHM)),
  }
}

/**
 * Whether a sign-in asks for bound tokens: where resource and provider both can. An account that has been bound stays
 * so: that the resource no longer asks for it may be an attack.
 *
 * @param bound the server has an account whose tokens are bound
 * @throws WarderError `oauth.dpop_unsupported` where they have to be bound and cannot
 */
export function bindsTokens(wish: DpopWish, provider: Provider, bound: boolean): boolean {
  const able =
    wish.usable && provider.dpop_signing_alg_values_supported?.includes(ALGORITHM) === true
  if (able) return wish.asked || bound
  if (wish.required)
    throw unsupported('The server takes only tokens that are bound to a key (DPoP, RFC 9449)')
  if (bound) throw unsupported('The account of this server has tokens that are bound to a key')
  return false
}

const unsupported = (why: string) =>
  new WarderError(
    'oauth.dpop_unsupported',
    `${why}, and its provider does not issue them with proofs by ${ALGORITHM}.`,
  )

/**
 * Makes a request to the provider, once more where it wants a nonce (RFC 9449 §8): the library has it from the answer.
 */
export async function withNonce<T>(dpop: Dpop | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (dpop === undefined || !oauth.isDPoPNonceError(error)) throw error
    return ask()
  }
}
