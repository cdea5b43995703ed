import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'

/** An Ed25519 key (RFC 8032) of this companion. */
export interface SigningKey {
  /** The thumbprint of the public key (RFC 7638, RFC 8037 appendix A.3). */
  readonly id: string
  /** The 32 bytes of the public key, base64url: `x` of its JWK. */
  readonly publicKey: string
  /** PKCS #8, base64url. Never leaves the vault and this process. */
  readonly privateKey: string
}

export function createSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const x = String(publicKey.export({ format: 'jwk' }).x)
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url')
  return { id: keyId(x), publicKey: x, privateKey: secret }
}

export function keyId(publicKey: string): string {
  const members = canonicalJson({ crv: 'Ed25519', kty: 'OKP', x: publicKey })
  return createHash('sha256').update(members).digest('base64url')
}

/** @returns the signature over the canonical form of `document`, base64url */
export function sign(document: unknown, { privateKey }: Pick<SigningKey, 'privateKey'>): string {
  const key = createPrivateKey({
    key: Buffer.from(privateKey, 'base64url'),
    format: 'der',
    type: 'pkcs8',
  })
  return signBytes(null, Buffer.from(canonicalJson(document)), key).toString('base64url')
}

/** True where `signature` was made over exactly this document with the key. Never throws. */
export function verify(document: unknown, publicKey: string, signature: string): boolean {
  try {
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: publicKey },
      format: 'jwk',
    })
    const bytes = Buffer.from(canonicalJson(document))
    return verifyBytes(null, bytes, key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}
