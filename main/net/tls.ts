import tls, { type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { WarderError } from '../errors.ts'

/**
 * Who is trusted: Node's own roots, those of the machine, and `NODE_EXTRA_CA_CERTS`. Company networks install theirs in
 * the machine's store. There is no switch that turns verification off.
 */

/** Read at the first TLS connection, since they are hundreds, and once. */
const trust = once((): tls.SecureContext => {
  // Node before 22.15 cannot read the machine's.
  if (typeof tls.getCACertificates !== 'function') return tls.createSecureContext()
  // `default` includes `NODE_EXTRA_CA_CERTS`.
  const roots = [...tls.getCACertificates('default'), ...tls.getCACertificates('system')]
  return tls.createSecureContext({ ca: [...new Set(roots)] })
})

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Options of every TLS connection. Said aloud, since Node's default lets `NODE_TLS_REJECT_UNAUTHORIZED` turn it off. */
export const verified = () => ({ secureContext: trust(), rejectUnauthorized: true })

const untrusted = new Set([
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_UNTRUSTED'],
  ...[
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ],
  ...['CERT_REJECTED', 'CERT_REVOKED', 'CERT_CHAIN_TOO_LONG', 'CERT_SIGNATURE_FAILURE'],
  ...['INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED'],
])
const untimely = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

/**
 * Watches a handshake, so that a failure can say whose certificate was not trusted: Node's error does not.
 * @param host as it passed the URL policy
 * @returns the failure in our words, or null where it is not about a certificate
 */
export function watchHandshake(
  socket: unknown,
  host: string,
): (error: unknown) => WarderError | null {
  let issuer: string | null = null
  // Before Node's own listener, which ends the socket, and with it the certificate.
  if (socket instanceof tls.TLSSocket)
    socket.prependListener('secure', () => {
      issuer = issuerOf(socket)
    })
  return (error) => certificateFailure(error, host, issuer)
}

function certificateFailure(error: unknown, host: string, issuer: string | null) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return failure(
      'net.tls_wrong_host',
      `The certificate that answered for ${host} is for another host.`,
      error,
    )
  if (untimely.has(code))
    return failure(
      'net.tls_expired',
      `The certificate of ${host} is ${code === 'CERT_HAS_EXPIRED' ? 'expired' : 'not valid yet'}.`,
      error,
    )
  if (untrusted.has(code))
    return failure(
      'net.tls_untrusted',
      `The certificate of ${host} is from ${issuer === null ? 'an issuer that' : `“${issuer}”, which`} this machine does not trust.`,
      error,
    )
  return null
}

const failure = (
  code: 'net.tls_untrusted' | 'net.tls_wrong_host' | 'net.tls_expired',
  message: string,
  cause: unknown,
) => new WarderError(code, message, { cause })

/** The issuer of the last certificate that was sent: the one that would have to be in the store. */
function issuerOf(socket: TLSSocket): string | null {
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  const seen = new Set<string>()
  while (certificate?.issuerCertificate && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256)
    certificate = certificate.issuerCertificate
  }
  const { CN, O } = (certificate?.issuer ?? {}) as { CN?: unknown; O?: unknown }
  return printable(CN) ?? printable(O)
}

/** A stranger wrote it: one short line of what can be seen. */
function printable(name: unknown): string | null {
  const [text] = Array.isArray(name) ? name : [name]
  if (typeof text !== 'string' || text === '') return null
  return text.replace(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}“”]/gu, '?').slice(0, 80)
}
