import { z } from 'zod'

/**
 * The format of `config.json`: what a person may edit by hand. It never holds a secret; where a credential belongs
 * stands a reference, `secret:NAME` (a vault secret) or `grant:SERVER` (the live access token of that server's grant).
 */

/** Names that appear in paths, sockets, command lines and tool prefixes. */
export const nameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, {
  error:
    'a name is 1 to 32 lower-case letters, digits and hyphens, and starts and ends with none of the latter',
})

const secretName = nameSchema
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'not an HTTP field name' })
const singleLine = z
  .string()
  .max(8192)
  .regex(/^[^\r\n\0]*$/, { error: 'no line breaks or NUL' })
/** A plain value, or a reference to where the value comes from. */
const injectable = singleLine.refine(
  (value) => !/^(?:secret|grant):/.test(value) || parseReference(value) !== null,
  { error: 'write secret:NAME or grant:SERVER with a valid name' },
)
const environmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'not an environment variable name' })

const oauthClientSchema = z
  .strictObject({
    clientId: singleLine.min(1).optional(),
    clientSecret: z
      .string()
      .refine((value) => parseReference(value)?.kind === 'secret', {
        error: 'write secret:NAME, never the value',
      })
      .optional(),
    redirectUri: singleLine.optional(),
    scopes: z.array(singleLine.min(1)).max(100).optional(),
  })
  .describe('What a person registered by hand at the provider; everything else is discovered.')

export const remoteServerSchema = z.strictObject({
  // A parser drops line breaks and the like from a URL; a person who is asked about it must not be shown them.
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .regex(/^[^\s\p{C}]*$/u, { error: 'no blanks, control or invisible characters' }),
  auth: z.enum(['oauth', 'header', 'public']).default('oauth'),
  headers: z.record(headerName, injectable).optional(),
  oauth: oauthClientSchema.optional(),
  allowPrivateNetwork: z.boolean().optional(),
})

export const localServerSchema = z.strictObject({
  command: singleLine.min(1),
  args: z
    .array(
      z
        .string()
        .max(32_768)
        .regex(/^[^\0]*$/, { error: 'no NUL' }),
    )
    .max(256)
    .default([]),
  env: z.record(environmentName, injectable).optional(),
  cwd: singleLine.optional(),
})

export const serverSchema = z.union([remoteServerSchema, localServerSchema])

const glob = z.string().min(1).max(256)

/** One rule of the one table: deny overrides allow, no match is deny. A rule without `tool`, `resource` and `prompt`
 * speaks of everything at the server; a rule with one of them speaks of that kind only. */
export const ruleSchema = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  client: glob,
  server: glob,
  tool: glob.optional(),
  resource: glob.optional(),
  prompt: glob.optional(),
})

export const settingsSchema = z.strictObject({
  clientMetadataUrl: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Where the client ID metadata document of this Warder is published.'),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  servers: z.record(nameSchema, serverSchema).default({}),
  clients: z.record(nameSchema, z.strictObject({})).default({}),
  rules: z.array(ruleSchema).max(10_000).default([]),
  settings: settingsSchema.default({}),
})

export type Config = z.output<typeof configSchema>
export type ServerDefinition = z.output<typeof serverSchema>
export type RemoteServer = z.output<typeof remoteServerSchema>
export type LocalServer = z.output<typeof localServerSchema>
export type Rule = z.output<typeof ruleSchema>

export const isRemote = (server: ServerDefinition): server is RemoteServer => 'url' in server

/** `secret:NAME` and `grant:SERVER` as data; anything else is a plain value. */
export type Reference =
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'grant'; readonly server: string }

/** @returns the reference that a configured value stands for, or null where it is a plain value */
export function parseReference(value: string): Reference | null {
  if (value.startsWith('secret:') && secretName.safeParse(value.slice(7)).success)
    return { kind: 'secret', name: value.slice(7) }
  if (value.startsWith('grant:') && nameSchema.safeParse(value.slice(6)).success)
    return { kind: 'grant', server: value.slice(6) }
  return null
}
