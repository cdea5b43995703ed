import { z } from 'zod'

export const settings = z.object({
  /** Lifetime of an access token in seconds. */
  accessTokenTtl: z.number().default(600),
  /** Dynamic client registration (RFC 7591). */
  registration: z.boolean().default(true),
})

export type BetterAuthOptions = z.input<typeof settings>
export type BetterAuthSettings = z.infer<typeof settings>
