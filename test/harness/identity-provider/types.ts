import { z } from 'zod'

/**
 * How a provider answers. `unavailable`: 503 with Retry-After. `offline`: the connection is cut without an answer.
 * `hold`: requests wait, unanswered, until the next change (for tests of what happens meanwhile).
 */
export const conditions = ['normal', 'unavailable', 'offline', 'hold'] as const
export type Condition = (typeof conditions)[number]

/** One request as it arrived, in order. Codes, tokens and secrets are `sha256:HEX`, see {@link digest}. */
export interface ProviderRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Form or JSON members of the body. */
  readonly body: Readonly<Record<string, unknown>>
  /** Scheme and digest of the Authorization header. */
  readonly authorization: string | null
  /** `null` while it is unanswered, or when it was cut off. */
  readonly status: number | null
}

/** Something that a provider received or gave out and that nobody else may see: a code, a verifier, a token. */
export interface ProviderSecret {
  /** The parameter's name in the RFCs, such as `refresh_token`. */
  readonly name: string
  readonly value: string
}

/** A real authorization server in a child process. */
export interface IdentityProvider extends AsyncDisposable {
  readonly kind: 'oidc-provider' | 'better-auth' | 'glewlwyd'
  readonly issuer: string
  readonly port: number
  /** What a resource server introspects opaque tokens with (RFC 7662 §2.1). */
  readonly introspectionClient?: { readonly clientId: string; readonly clientSecret: string }
  /** Everything that arrived so far, oldest first. */
  requests(): Promise<ProviderRequest[]>
  /**
   * Every secret that passed so far, raw and oldest first: for tests that look for leaks, or act as the provider's
   * administrator. Never to be printed; {@link requests} is what an assertion may show.
   */
  secrets(): Promise<ProviderSecret[]>
  /** Resolves when this many requests to the paths that end so have arrived, counted from the start. */
  arrived(pathEnd: string, count?: number): Promise<void>
  /** @param paths ends of paths that it applies to, such as `/token`; all of them when left out */
  setCondition(condition: Condition, paths?: readonly string[]): Promise<void>
  /** Makes the provider issue tokens for this resource (RFC 8707). */
  acceptResource(resource: string): Promise<void>
}

/** What the provider's process and the test say to one another over IPC. */
export const controlMessage = z.discriminatedUnion('do', [
  z.object({ id: z.number(), do: z.literal('requests') }),
  z.object({ id: z.number(), do: z.literal('secrets') }),
  z.object({
    id: z.number(),
    do: z.literal('condition'),
    condition: z.enum(conditions),
    paths: z.array(z.string()),
  }),
  z.object({ id: z.number(), do: z.literal('arrived'), pathEnd: z.string(), count: z.number() }),
  z.object({ id: z.number(), do: z.literal('resource'), resource: z.string() }),
])
export type ControlMessage = z.infer<typeof controlMessage>

export const readyLine = z.object({ ready: z.literal(true), port: z.number(), issuer: z.string() })

/** The people every provider of the lab knows. */
export const accounts = {
  alice: 'alice@example.test',
  bob: 'bob@example.test',
} as const
export const accountPassword = 'password1234'
