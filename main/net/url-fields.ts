/** Where a URL stands tells what it may hold: the rules of the RFCs for each metadata field. */

export type UrlField =
  | 'authorization_endpoint'
  | 'token_endpoint'
  | 'registration_endpoint'
  | 'revocation_endpoint'
  | 'introspection_endpoint'
  | 'userinfo_endpoint'
  | 'end_session_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'device_authorization_endpoint'
  | 'verification_uri'
  | 'verification_uri_complete'
  | 'jwks_uri'
  | 'issuer'
  | 'authorization_server_metadata'
  | 'resource_metadata'
  | 'registry_document'
  | 'resource'
  | 'client_id'
  | 'server_url'
  | 'browser_url'

export interface FieldRule {
  /** `own`: parameters are kept, but none of the OAuth protocol's (RFC 6749 §3.1: no parameter more than once). */
  readonly query: 'free' | 'own' | 'none'
  /** A path other than `/` is required. */
  readonly path?: 'required'
  /** Only a document that is fetched with GET may have moved (MCP: token requests are never redirected). */
  readonly redirects?: true
}

const endpoint: FieldRule = { query: 'own' }
const document: FieldRule = { query: 'free', redirects: true }

export const fieldRules: Readonly<Record<UrlField, FieldRule>> = {
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  registration_endpoint: endpoint,
  revocation_endpoint: endpoint,
  introspection_endpoint: endpoint,
  userinfo_endpoint: endpoint,
  end_session_endpoint: endpoint,
  pushed_authorization_request_endpoint: endpoint,
  device_authorization_endpoint: endpoint,
  // Opened by a person, who types a code there: a request for anything else must not lie in wait in it.
  verification_uri: endpoint,
  verification_uri_complete: endpoint,
  jwks_uri: document,
  authorization_server_metadata: document,
  resource_metadata: document,
  // An entry of the MCP Registry, and the bundle that it names: both are told by what is in them.
  registry_document: document,
  // RFC 8414 §2: neither query nor fragment.
  issuer: { query: 'none' },
  // RFC 8707 §2: no fragment; a query is discouraged, not forbidden.
  resource: { query: 'free' },
  // Client ID metadata documents: a path, and (a SHOULD that we keep) no query.
  client_id: { query: 'none', path: 'required' },
  server_url: { query: 'free' },
  // What is opened holds our own parameters beside the endpoint's.
  browser_url: { query: 'free' },
}

const oauthParameters = new Set([
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri', 'resource', 'iss'],
  ...['authorization_details', 'dpop_jkt', 'claims_locales', 'id_token_hint', 'registration'],
  ...['grant_type', 'code', 'code_verifier', 'refresh_token', 'access_token', 'id_token', 'token'],
  ...['token_type_hint', 'client_secret', 'client_assertion', 'client_assertion_type'],
  ...['username', 'password', 'assertion', 'subject_token', 'subject_token_type', 'actor_token'],
  ...['actor_token_type', 'requested_token_type', 'device_code', 'auth_req_id', 'error'],
])

/**
 * Does a query already set what the protocol sets? Servers read names in many ways, so `State`, `st%61te`, `state[]`,
 * `redirect.uri` (PHP) and a `;` between parameters count too.
 * @param query with or without its question mark
 */
export function presetsOauthParameter(query: string): boolean {
  const names = query
    .replace(/^\?/, '')
    .split(/[&;]/)
    .flatMap((pair) => [...new URLSearchParams(pair).keys()])
  return names.some((name) => oauthParameters.has(asLenientServersRead(name)))
}

function asLenientServersRead(name: string): string {
  return name.trim().toLowerCase().replace(/\[.*$/s, '').replace(/[ .]/g, '_')
}
