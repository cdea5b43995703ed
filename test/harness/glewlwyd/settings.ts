import { z } from 'zod'

/** What a test may choose; every member has the default that a complete provider would have. */
export const settings = z.object({
  /** Lifetime of an access token in seconds. */
  accessTokenTtl: z.number().default(600),
  /** Dynamic client registration with its management (RFC 7591, RFC 7592). */
  registration: z.boolean().default(true),
  /** Takes no authorization request but a pushed one (RFC 9126 §5). */
  pushedRequestsOnly: z.boolean().default(false),
  /** Seconds that a code to type lives (RFC 8628 §3.2). */
  deviceCodeTtl: z.number().default(300),
  /** DPoP proofs have to name a nonce that it gives out (RFC 9449 §8). */
  dpopNonce: z.boolean().default(false),
  /** Clients may authenticate by a signed assertion (RFC 7523). */
  clientAssertions: z.boolean().default(false),
  /** Clients that its administrator made, in its own words. */
  clients: z.array(z.record(z.string(), z.unknown())).default([]),
})

export type GlewlwydOptions = z.input<typeof settings>
export type GlewlwydSettings = z.output<typeof settings>
