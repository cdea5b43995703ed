import { z } from 'zod'
import { normalNetwork } from '../net/networks.ts'
import { isProxyText } from '../net/proxy.ts'
import { accountSchema, clientSchema } from './client-schema.ts'
import { approvedLocalSchema, localServerSchema } from './local-schema.ts'
import { providerSchema, secretMethod } from './provider-schema.ts'
import {
  headerName,
  injectable,
  nameSchema,
  parameterName,
  parseReference,
  secretReference,
  singleLine,
  urlSchema,
} from './references.ts'

export { type ClientDefinition, clientSchema } from './client-schema.ts'
export type { LocalServer } from './local-schema.ts'
export { type ProviderProfile, providerSchema } from './provider-schema.ts'
export { nameSchema, parseReference, type Reference } from './references.ts'

/**
 * The format of `config.json`: what a person may edit by hand. It never holds a secret; where a credential belongs
 * stands a reference, `secret:NAME` (a vault secret) or `grant:SERVER` (the live access token of that server's grant).
 */

const oauthClientSchema = z
  .strictObject({
    clientId: singleLine.min(1).optional(),
    clientSecret: secretReference.optional(),
    tokenEndpointAuthMethod: secretMethod,
    privateKey: secretReference
      .optional()
      .describe('The private key of the client, in place of a client secret: PKCS#8 PEM or JWK.'),
    issuer: urlSchema
      .optional()
      .describe(
        'The provider where the client is registered: its secret or key serves there only.',
      ),
    exchange: z
      .strictObject({ from: nameSchema })
      .optional()
      .describe(
        'Nobody signs in: the token of that server is exchanged at its provider (RFC 8693).',
      ),
    redirectUri: singleLine.optional(),
    scopes: z.array(singleLine.min(1)).max(100).optional(),
  })
  .describe('What a person registered by hand at the provider; everything else is discovered.')

const network = z.string().refine((text) => normalNetwork(text) !== null, {
  error:
    'write a private or loopback network as 10.1.0.0/16 or fd12::/32; public ones need no leave, link-local and metadata addresses get none',
})

const remoteServerFields = z.strictObject({
  url: urlSchema,
  auth: z
    .enum(['oauth', 'service', 'header', 'public'])
    .default('oauth')
    .describe('`service`: Warder signs in as itself, with credentials of its own.'),
  headers: z.record(headerName, injectable).optional(),
  query: z
    .record(parameterName, secretReference)
    .optional()
    .describe(
      'Secrets that the server takes as parameters of its URL. Use a header where it takes one: URLs end up in logs.',
    ),
  provider: nameSchema
    .optional()
    .describe('The profile of its identity provider; members of `oauth` here go before it.'),
  oauth: oauthClientSchema.optional(),
  account: accountSchema
    .optional()
    .describe('The account of clients that have none chosen; else the one connected first.'),
  allowedNetworks: z
    .array(network)
    .min(1)
    .max(64)
    .optional()
    .describe(
      'Networks of your own that this server and its identity provider may be reached in, as ADDRESS/LENGTH.',
    ),
  allowPrivateNetwork: z
    .boolean()
    .optional()
    .describe('The older, wider form: every private network. Name the networks instead.'),
})

export const remoteServerSchema = remoteServerFields.superRefine((server, context) => {
  for (const [path, message] of contradictions(server))
    context.addIssue({ code: 'custom', path: [...path], message })
})

type Contradiction = readonly [path: readonly string[], message: string]

function contradictions(server: z.output<typeof remoteServerFields>): Contradiction[] {
  const { auth, oauth = {}, headers = {} } = server
  const found: Contradiction[] = []
  if (oauth.privateKey !== undefined && oauth.clientSecret !== undefined)
    found.push([['oauth', 'privateKey'], 'name either clientSecret or privateKey'])
  if (oauth.tokenEndpointAuthMethod !== undefined && oauth.clientSecret === undefined)
    found.push([
      ['oauth', 'tokenEndpointAuthMethod'],
      'says how a clientSecret is sent, and there is none',
    ])
  if (oauth.exchange !== undefined && auth !== 'oauth')
    found.push([['oauth', 'exchange'], 'means nothing but with auth oauth'])
  if (auth !== 'service') return found
  // What a service does is done in its own name: no person's token goes along.
  for (const [name, value] of Object.entries(headers))
    if (parseReference(value)?.kind === 'grant')
      found.push([['headers', name], 'a service sends no token of another account'])
  return found
}

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

const proxySchema = z
  .strictObject({
    url: singleLine.refine((text) => isProxyText(text), {
      error:
        'write http://HOST:PORT or https://HOST:PORT, without a name and password: those are `username` and `password`',
    }),
    username: singleLine.min(1).optional(),
    password: secretReference.optional(),
    bypass: z
      .array(singleLine.regex(/^[^\s,]+$/, { error: 'one host, domain or network each' }))
      .max(256)
      .default([])
      .describe('What is dialled directly, each as NO_PROXY would have it.'),
  })
  .describe('The proxy of your organisation; it goes before HTTPS_PROXY of the environment.')

const settingsSchema = z.strictObject({
  proxy: proxySchema.optional(),
  clientMetadataUrl: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Where the client ID metadata document of this Warder is published.'),
  parkSeconds: z
    .int()
    .min(0)
    .max(300)
    .optional()
    .describe(
      'How long a call waits for a person to sign in again, 50 by default; six times that where its client shows progress, 300 at most. 0: not at all.',
    ),
})

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  servers: z.record(nameSchema, serverSchema).default({}),
  providers: z.record(nameSchema, providerSchema).default({}),
  clients: z.record(nameSchema, clientSchema).default({}),
  rules: z.array(ruleSchema).max(10_000).default([]),
  settings: settingsSchema.default({}),
})

/** As a person approved it: with what the commands of local servers came to. */
const approvedServerSchema = z.union([remoteServerSchema, approvedLocalSchema])
export const approvedConfigSchema = configSchema.extend({
  servers: z.record(nameSchema, approvedServerSchema).default({}),
})

export type Config = z.output<typeof approvedConfigSchema>
export type ServerDefinition = z.output<typeof approvedServerSchema>
export type ProxySettings = z.output<typeof proxySchema>
export type RemoteServer = z.output<typeof remoteServerSchema>
export type Rule = z.output<typeof ruleSchema>

export const isRemote = (server: ServerDefinition): server is RemoteServer => 'url' in server
