import { z } from 'zod'

/** What a test may choose; every member has the default that a complete provider would have. */
export const settings = z.object({
  /** Lifetime of an access token in seconds. */
  accessTokenTtl: z.number().default(600),
  /** Dynamic client registration with its management (RFC 7591, RFC 7592). */
  registration: z.boolean().default(true),
})

export type GlewlwydOptions = z.input<typeof settings>
export type GlewlwydSettings = z.output<typeof settings>
