import { createPrivateKey, type KeyObject } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { WarderError } from '../errors.ts'

/** A client's private key as a person put it into the vault. */
interface ClientKey {
  readonly key: KeyObject
  /** Of a JWK; a PEM has none. */
  readonly kid: string | undefined
  readonly alg: string | undefined
}

type Algorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256' | 'PS256' | 'EdDSA' | 'Ed25519'

const SMALLEST_MODULUS = 2048
/** RFC 7468, in one line or in several. */
const pem = /^\s*-----BEGIN PRIVATE KEY-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END PRIVATE KEY-----\s*$/

/**
 * Authenticates a client at the token endpoint by a signed assertion (RFC 7523 §2.2 and §3): its audience is the issuer
 * alone, it lasts a minute, and each has an identifier of its own.
 *
 * @param secret PKCS#8 PEM or JWK, as in the vault
 * @param forTokenEndpoint names the token endpoint in place of the issuer, as the quirk `token-endpoint-as-audience` wants
 * @throws WarderError `oauth.client_key`, from the authentication itself, before anything is sent
 */
export function privateKeyJwt(secret: string, forTokenEndpoint: boolean): oauth.ClientAuth {
  return async (provider, client, body, headers) => {
    const { key, kid, alg } = parseClientKey(secret)
    const algorithm = choose(key, alg, provider.token_endpoint_auth_signing_alg_values_supported)
    const imported = {
      key: await importKey(key, algorithm),
      ...(kid === undefined ? {} : { kid }),
    }
    const sign = oauth.PrivateKeyJwt(imported, {
      [oauth.modifyAssertion]: (header, payload) => {
        header.alg = algorithm
        if (forTokenEndpoint) payload.aud = provider.token_endpoint
      },
    })
    await sign(provider, client, body, headers)
  }
}

/** @throws WarderError `oauth.client_key`; neither message nor cause holds anything of the key */
export function checkClientKey(secret: string): void {
  const { key, alg } = parseClientKey(secret)
  choose(key, alg, undefined)
}

function parseClientKey(secret: string): ClientKey {
  const body = pem.exec(secret)?.[1]
  if (body !== undefined)
    return { key: pkcs8(Buffer.from(body, 'base64')), kid: undefined, alg: undefined }
  const jwk = jsonOrNull(secret)
  if (jwk === null)
    throw unusable('It is neither a PKCS#8 PEM (BEGIN PRIVATE KEY, not encrypted) nor a JWK.')
  const { kid, alg } = jwk
  return {
    key: read(() => createPrivateKey({ key: jwk, format: 'jwk' })),
    kid: typeof kid === 'string' ? kid : undefined,
    alg: typeof alg === 'string' ? alg : undefined,
  }
}

const pkcs8 = (key: Buffer) => read(() => createPrivateKey({ key, format: 'der', type: 'pkcs8' }))

/** What the library says of a key that it cannot read is left out: it may quote from it. */
function read(open: () => KeyObject): KeyObject {
  try {
    return open()
  } catch {
    throw unusable('It is damaged, or no private key.')
  }
}

function jsonOrNull(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** The key's own algorithm where it names one, else the first of its type that the provider takes (RFC 8414 §2). */
function choose(
  key: KeyObject,
  own: string | undefined,
  offered: readonly string[] | undefined,
): Algorithm {
  const possible = algorithms(key)
  if (own !== undefined) {
    const named = possible.find((one) => one === own)
    if (named === undefined) throw unusable('Its `alg` is not one of its type.')
    return named
  }
  const chosen = possible.find((one) => offered?.includes(one)) ?? possible[0]
  if (chosen === undefined) throw unusable('Take one for ES256, RS256, PS256 or EdDSA.')
  return chosen
}

function algorithms({ asymmetricKeyType: type, asymmetricKeyDetails: about }: KeyObject) {
  const possible: Algorithm[] = []
  if (type === 'ed25519') possible.push('EdDSA', 'Ed25519')
  if (type === 'rsa' && (about?.modulusLength ?? 0) >= SMALLEST_MODULUS)
    possible.push('RS256', 'PS256')
  if (type === 'ec') possible.push(...(curves[about?.namedCurve ?? ''] ?? []))
  return possible
}

const curves: Readonly<Record<string, readonly Algorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
}

const importAs = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  ES512: { name: 'ECDSA', namedCurve: 'P-521' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
  Ed25519: { name: 'Ed25519' },
} as const satisfies Record<Algorithm, object>

const importKey = (key: KeyObject, algorithm: Algorithm) =>
  crypto.subtle.importKey(
    'pkcs8',
    new Uint8Array(key.export({ format: 'der', type: 'pkcs8' })),
    importAs[algorithm],
    false,
    ['sign'],
  )

const unusable = (why: string) =>
  new WarderError('oauth.client_key', `The private key of the client cannot be used. ${why}`)
