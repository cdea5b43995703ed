import { z } from 'zod'

export const settings = z.object({
  /** Lifetime of an access token in seconds. */
  accessTokenTtl: z.number().default(600),
  /** Dynamic client registration (RFC 7591). */
  registration: z.boolean().default(true),
  /** Seconds that a code to type lives (RFC 8628 §3.2). */
  deviceCodeTtl: z.number().default(600),
  /** Clients that its administrator made, as RFC 7591 metadata. */
  clients: z
    .array(z.looseObject({ client_id: z.string(), client_secret: z.string().optional() }))
    .default([]),
})

export type BetterAuthOptions = z.input<typeof settings>
export type BetterAuthSettings = z.infer<typeof settings>
