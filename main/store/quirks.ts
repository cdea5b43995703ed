/**
 * What a provider does otherwise than the specification asks. Each has a name that stands in `config.json`, in the grant
 * and on the screen: an exception is written down, or it is not made.
 */
export const quirks = {
  'no-pkce-metadata': {
    known: 'it does PKCE with S256 but does not say so in its metadata',
    effect:
      'A metadata document without `code_challenge_methods_supported` is taken. S256 is sent all the same; a list without S256 is refused.',
  },
  'no-resource-parameter': {
    known: 'it refuses the resource parameter, so its token is not tied to one server',
    effect: 'No request to the provider carries `resource` (RFC 8707).',
  },
  'audience-parameter': {
    known: 'it is told by an audience parameter which server the token is for',
    effect:
      'The authorization request also carries `audience`: the one of the profile, else the resource.',
  },
  'offline-access-parameters': {
    known: 'it gives a refresh token only for access_type=offline and prompt=consent',
    effect: 'The authorization request also carries `access_type=offline` and `prompt=consent`.',
  },
  'id-token-as-bearer': {
    known: 'the server takes the ID token, which tells who you are, in place of an access token',
    effect:
      'The ID token is sent to the server, and counts as long as it says itself. It cannot be revoked.',
  },
  'fixed-redirect-uri': {
    known: 'it compares the redirect URI whole, so its port is always the same',
    effect: 'The `redirectUri` of the profile may name a port, or `localhost`.',
  },
  'tenant-must-be-named': {
    known: 'its shared address speaks for no issuer, so the tenant has to be named',
    effect: 'The `issuer` of the profile has to be one tenant, not a shared address or a template.',
  },
  'token-endpoint-as-audience': {
    known: 'it takes a signed assertion that names its token endpoint, not its issuer',
    effect:
      'Where the client proves itself with a private key, the assertion is made out to the token endpoint (RFC 7523 §3).',
  },
  'no-refresh-token': {
    known: 'it never gives a refresh token',
    effect: 'Neither `offline_access` nor the grant type `refresh_token` is asked for.',
  },
} as const satisfies Record<string, { readonly known: string; readonly effect: string }>

export type Quirk = keyof typeof quirks

export const isQuirk = (name: string): name is Quirk => Object.hasOwn(quirks, name)

export const quirkNames = Object.keys(quirks).filter(isQuirk)
