import { createRemoteJWKSet, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'

/** The outcome of a token's check, in the words of RFC 6750 §3.1. */
export type Verdict = 'valid' | 'invalid_token' | 'insufficient_scope'
/** @param jkt thumbprint of the key that was proved along with the token; null without a proof */
export type Validate = (token: string, jkt: string | null) => Promise<Verdict>

export interface ValidatorOptions {
  readonly issuer: string
  readonly resource: string
  readonly scopes: readonly string[]
  readonly introspectionClient?: { readonly clientId: string; readonly clientSecret: string }
}

interface AuthorizationServer {
  readonly jwks_uri: string
  readonly introspection_endpoint?: string
}

/**
 * Checks access tokens as a resource server has to: issuer, audience, expiry and scopes, of a JWT by the provider's
 * keys (RFC 9068 §4), of an opaque token by introspection (RFC 7662), at every request, so that a revoked token is
 * refused at once.
 */
export function tokenValidator(options: ValidatorOptions): Validate {
  let discovered: Promise<ReturnType<typeof checks>> | undefined
  return async (token, jkt) => {
    discovered ??= discover(options.issuer)
      .then((server) => checks(server, options))
      .catch((error) => {
        discovered = undefined
        throw error
      })
    const { byKeys, byIntrospection } = await discovered
    const claims = await (isJwt(token) ? byKeys(token) : byIntrospection(token))
    return claims ? verdict(claims, jkt, options) : 'invalid_token'
  }
}

function verdict(
  claims: JWTPayload,
  jkt: string | null,
  { resource, scopes }: ValidatorOptions,
): Verdict {
  // RFC 9449 §7.2: a bound token is no bearer token, and another key than its own proves nothing.
  const { cnf } = claims as { cnf?: { jkt?: string } }
  if ((cnf?.jkt ?? null) !== jkt) return 'invalid_token'
  if (![claims.aud].flat().includes(resource)) return 'invalid_token'
  const granted = String(claims.scope ?? '').split(' ')
  return scopes.every((scope) => granted.includes(scope)) ? 'valid' : 'insufficient_scope'
}

/** RFC 8414 §3.1 for an issuer with or without a path, else OpenID Connect Discovery §4.1. */
async function discover(issuer: string): Promise<AuthorizationServer> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname === '/' ? '' : pathname
  const seen: number[] = []
  for (const location of [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer}/.well-known/openid-configuration`,
  ]) {
    const response = await fetch(location)
    if (response.ok) return response.json()
    seen.push(response.status)
  }
  throw new Error(`${issuer} answered ${seen} to discovery`)
}

function checks(server: AuthorizationServer, options: ValidatorOptions) {
  const keys = createRemoteJWKSet(new URL(server.jwks_uri))
  return {
    async byKeys(token: string): Promise<JWTPayload | null> {
      try {
        return (await jwtVerify(token, keys, { issuer: options.issuer })).payload
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
    async byIntrospection(token: string): Promise<JWTPayload | null> {
      const { introspectionClient: client } = options
      if (!client || !server.introspection_endpoint) return null
      const credential = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')
      const response = await fetch(server.introspection_endpoint, {
        method: 'POST',
        headers: { authorization: `Basic ${credential}` },
        body: new URLSearchParams({ token }),
      })
      const claims: JWTPayload & { active?: boolean } = await response.json()
      return claims.active === true ? claims : null
    },
  }
}

function isJwt(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined
  } catch {
    return false
  }
}
