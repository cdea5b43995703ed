import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'

/** A DPoP proof as a server that trusts nobody reads it. */
export interface Proof {
  readonly jwk: JWK
  readonly alg: string
  readonly claims: JWTPayload & { readonly htm?: unknown; readonly htu?: unknown }
  /** RFC 7638, what a bound token names in `cnf.jkt`. */
  readonly jkt: string
}

/** Checks signature, type and key of a proof (RFC 9449 §4.3, points 2 to 7). @throws where one is wrong */
export async function readProof(text: string | string[] | undefined): Promise<Proof> {
  if (typeof text !== 'string' || text.includes(',')) throw new Error('There is not one proof.')
  const { payload, protectedHeader } = await jwtVerify(text, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
  })
  const { jwk, alg } = protectedHeader
  if (jwk === undefined || 'd' in jwk) throw new Error('The proof has no public key.')
  return { jwk, alg, claims: payload, jkt: await calculateJwkThumbprint(jwk, 'sha256') }
}

export const tokenHash = (token: string) => createHash('sha256').update(token).digest('base64url')

export interface Presented {
  readonly method: string
  readonly url: string
  readonly proof: string | string[] | undefined
  readonly token: string
  /** What the proof has to name; null where the server asks for no nonce. */
  readonly nonce: string | null
}

/** Seconds that a proof may be old or early. */
const WINDOW = 60

/**
 * Checks proofs as RFC 9449 §4.3 and §7 have a resource server do it, each `jti` once.
 *
 * @param used grows
 * @returns the thumbprint of the key, or the error to answer 401 with
 */
export function proofChecker(used: Set<string>) {
  return {
    async check(presented: Presented): Promise<{ jkt: string } | { error: string }> {
      const proof = await readProof(presented.proof).catch(() => null)
      if (proof === null) return { error: 'invalid_dpop_proof' }
      const { htm, htu, ath, iat, jti, nonce } = proof.claims
      const fits =
        htm === presented.method &&
        htu === presented.url &&
        ath === tokenHash(presented.token) &&
        typeof iat === 'number' &&
        Math.abs(iat - Date.now() / 1000) < WINDOW &&
        typeof jti === 'string' &&
        !used.has(jti)
      if (!fits) return { error: 'invalid_dpop_proof' }
      used.add(jti)
      if (presented.nonce !== null && nonce !== presented.nonce) return { error: 'use_dpop_nonce' }
      return { jkt: proof.jkt }
    },
  }
}
