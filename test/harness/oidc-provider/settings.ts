import { z } from 'zod'

/** What a test may choose; every member has the default that a complete provider would have. */
export const settings = z.object({
  /** Lifetime of an access token in seconds. */
  accessTokenTtl: z.number().default(600),
  accessTokenFormat: z.enum(['opaque', 'jwt']).default('opaque'),
  /** Dynamic client registration (RFC 7591). */
  registration: z.boolean().default(true),
  /** RFC 7592; who deletes a client there ends its tokens. */
  management: z.boolean().default(true),
  /** RFC 7009. */
  revocation: z.boolean().default(true),
  /** Who may introspect (RFC 7662): the resource server alone, or each client its own tokens too. */
  introspection: z.enum(['resource-server', 'own']).default('resource-server'),
  /** DPoP proofs have to name a nonce that it gives out (RFC 9449 §8). */
  dpopNonce: z.boolean().default(false),
  refreshTokens: z.boolean().default(true),
  /** Sign-in by code (RFC 8628): how many seconds a code lives; without it there is none. */
  deviceCodeTtl: z.number().optional(),
  /** A new refresh token at each use; the use of an old one ends the grant. */
  rotation: z.boolean().default(true),
  /**
   * Client ID metadata documents by their URL; the provider reads them from here and never from the network. Switches
   * the feature on.
   */
  clientDocuments: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  /** Clients that are registered beforehand, as RFC 7591 metadata. */
  clients: z.array(z.record(z.string(), z.unknown())).default([]),
  /** How clients may authenticate, one of them by a secret; whatever the provider can when left out. */
  authMethods: z.array(z.string()).optional(),
  /** Those of them that may exchange tokens that other clients got (RFC 8693). */
  exchangers: z.array(z.string()).default([]),
})

export type OidcProviderOptions = z.input<typeof settings>

export const programSettings = settings.extend({
  introspectionClient: z.object({ clientId: z.string(), clientSecret: z.string() }),
})
export type ProgramSettings = z.infer<typeof programSettings>
