import { z } from 'zod'
import { presetsOauthParameter } from '../net/url-fields.ts'
import { type Quirk, quirkNames } from './quirks.ts'
import { nameSchema, secretReference, singleLine, urlSchema } from './references.ts'

/** Parameters that Warder sets itself where a quirk or a scope asks for it, beside those of the protocol. */
const ownParameters = new Set(['audience', 'access_type', 'prompt'])

const parameterName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, { error: 'not the name of a parameter' })
  .refine((name) => !ownParameters.has(name.toLowerCase()) && !presetsOauthParameter(name), {
    error: 'Warder sets this parameter itself',
  })

const loopbackUri = singleLine.regex(/^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?:[:/]|$)/, {
  error: 'write http://127.0.0.1/PATH: Warder listens on this machine only',
})

const port = z.int().min(1024).max(65_535)

const claimName = singleLine.min(1).max(256)

/** What a person registered by hand; the metadata of a provider names all that it offers to anybody. */
export const secretMethod = z
  .enum(['client_secret_basic', 'client_secret_post'])
  .optional()
  .describe(
    'How the client was registered to send its secret (RFC 7591 §2); else `client_secret_basic` where the provider takes it.',
  )

/** Claims of the ID token, of userinfo or of introspection. */
const claimNames = z
  .strictObject({
    account: claimName.optional().describe('What the account is called after; else the e-mail.'),
    organisation: claimName.optional().describe('The tenant, domain or organisation.'),
  })
  .optional()

const fields = z.strictObject({
  preset: nameSchema.optional().describe('Where it came from; means nothing further.'),
  issuer: urlSchema
    .optional()
    .describe('Replaces the list of authorization servers that the MCP server publishes.'),
  metadataUrl: urlSchema
    .optional()
    .describe('Where the metadata of the issuer lies, when at none of the well-known addresses.'),
  clientId: singleLine.min(1).optional(),
  clientSecret: secretReference.optional(),
  tokenEndpointAuthMethod: secretMethod,
  privateKey: secretReference
    .optional()
    .describe('The private key of the client, in place of a client secret: PKCS#8 PEM or JWK.'),
  resource: singleLine
    .regex(/^[a-z][a-z0-9+.-]*:[^\s#\p{C}]+$/u, {
      error: 'an absolute URI without a fragment (RFC 8707 §2)',
    })
    .optional()
    .describe('The resource to ask a token for, in place of the one that the server publishes.'),
  audience: singleLine.min(1).optional(),
  scopes: z.array(singleLine.min(1)).max(100).optional(),
  authorizeParams: z
    .record(parameterName, singleLine.max(1024))
    .optional()
    .describe('Further parameters of the authorization request.'),
  redirectUri: loopbackUri.optional(),
  ports: z
    .array(port)
    .min(1)
    .max(10)
    .optional()
    .describe('Registered ports; the first one that is free is taken.'),
  quirks: z.array(z.enum(quirkNames)).max(quirkNames.length).default([]),
  claims: claimNames,
  revokePage: urlSchema
    .optional()
    .describe("The provider's own page for taking access back; a receipt may name it."),
  revocationEndsEveryGrant: z
    .boolean()
    .optional()
    .describe('Revoking one token ends every grant of the account to the same client.'),
})

/** How to sign in at one identity provider; several servers may name the same profile. */
export const providerSchema = fields.superRefine((profile, context) => {
  for (const [path, message] of contradictions(profile))
    context.addIssue({ code: 'custom', path: [path], message })
})

export type ProviderProfile = z.output<typeof fields>

type Contradiction = readonly [field: keyof ProviderProfile, message: string]

function contradictions(profile: ProviderProfile): Contradiction[] {
  const { issuer, clientId, redirectUri = '' } = profile
  const has = (quirk: Quirk) => profile.quirks.includes(quirk)
  const rules: (readonly [broken: boolean, ...Contradiction])[] = [
    [given(profile.metadataUrl) && !given(issuer), 'metadataUrl', 'say whose it is: issuer'],
    [given(profile.clientSecret) && !given(clientId), 'clientSecret', 'say whose it is: clientId'],
    [
      given(profile.clientSecret) && !given(issuer),
      'clientSecret',
      'a secret belongs to one provider: issuer',
    ],
    [
      given(profile.tokenEndpointAuthMethod) && !given(profile.clientSecret),
      'tokenEndpointAuthMethod',
      'says how a clientSecret is sent, and there is none',
    ],
    [given(profile.privateKey) && !given(clientId), 'privateKey', 'say whose it is: clientId'],
    [
      given(profile.privateKey) && !given(issuer),
      'privateKey',
      'a key belongs to one provider: issuer',
    ],
    [
      given(profile.privateKey) && given(profile.clientSecret),
      'privateKey',
      'name either clientSecret or privateKey',
    ],
    [
      given(profile.audience) && !has('audience-parameter'),
      'audience',
      'is only sent with the quirk audience-parameter',
    ],
    [given(profile.ports) && redirectUri !== '', 'ports', 'name either redirectUri or ports'],
    [
      isFixed(redirectUri) && !has('fixed-redirect-uri'),
      'redirectUri',
      'a port, or localhost, needs the quirk fixed-redirect-uri',
    ],
    [
      has('tenant-must-be-named') && !(given(issuer) && namesTenant(issuer)),
      'issuer',
      'name the tenant: its shared address speaks for no issuer',
    ],
  ]
  return rules.flatMap(([broken, field, message]) => (broken ? [[field, message] as const] : []))
}

const given = <T>(value: T | undefined): value is T => value !== undefined

const isFixed = (redirectUri: string) =>
  /^http:\/\/(?:localhost|(?:127\.0\.0\.1|\[::1\]):)/.test(redirectUri)

/** Microsoft's shared addresses publish `https://…/{tenantid}/v2.0` as their issuer. */
const namesTenant = (issuer: string) =>
  !/[{}]|%7[bd]/i.test(issuer) && !/\/(?:common|organizations|consumers)(?:\/|$)/i.test(issuer)
