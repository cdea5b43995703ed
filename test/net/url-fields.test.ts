import { describe, expect, it } from 'vitest'
import { blockedPorts } from '../../main/net/ports.ts'
import { fieldRules, presetsOauthParameter, type UrlField } from '../../main/net/url-fields.ts'
import { checkUrl, type UrlPolicy } from '../../main/net/url-policy.ts'

const remote: UrlPolicy = { serverUrl: 'https://mcp.vendor.example/mcp' }
const fields = Object.keys(fieldRules) as UrlField[]

function refusedBy(raw: string, field: UrlField): unknown {
  try {
    checkUrl(raw, field, remote)
    return undefined
  } catch (error) {
    return (error as { details?: { rule?: unknown } }).details?.rule
  }
}

/** Names of IANA's registry of OAuth parameters that go into a request or come back with an answer. */
const registered = [
  ...['client_id', 'client_secret', 'response_type', 'redirect_uri', 'scope', 'state', 'code'],
  ...['error', 'grant_type', 'username', 'password', 'refresh_token', 'access_token', 'nonce'],
  ...['response_mode', 'claims_locales', 'id_token_hint', 'registration', 'request', 'request_uri'],
  ...['id_token', 'code_verifier', 'code_challenge', 'code_challenge_method', 'assertion'],
  ...['client_assertion', 'client_assertion_type', 'token', 'token_type_hint', 'resource'],
  ...['requested_token_type', 'subject_token', 'subject_token_type', 'actor_token'],
  ...['actor_token_type', 'authorization_details', 'dpop_jkt', 'iss', 'device_code'],
  'auth_req_id',
]

describe('a query that presets what the protocol sets', () => {
  it.each(registered)('is found for %s', (name) => {
    expect(presetsOauthParameter(`?${name}=x`)).toBe(true)
    expect(presetsOauthParameter(`${name}=x`)).toBe(true)
    expect(refusedBy(`https://idp.example/x?${name}=x`, 'authorization_endpoint')).toBe(
      'parameters',
    )
  })

  it.each([
    'state[]=x',
    'state[a][b]=x',
    'state[\n]=x',
    'redirect.uri=x',
    ' state =x',
    'STATE',
    'a=b;state=x',
  ])('is found in ?%s, as lenient servers read it', (query) => {
    expect(presetsOauthParameter(query)).toBe(true)
  })

  it('leaves a provider its own parameters', () => {
    for (const query of ['', '?', '?p=B2C_1_signin', 'tenant=a&my_state=b', 'a?state=x', 'states'])
      expect([query, presetsOauthParameter(query)]).toEqual([query, false])
  })
})

describe('what stands where', () => {
  it('takes a query of its own at every endpoint', () => {
    for (const field of fields) {
      const expected = fieldRules[field].query === 'none' ? 'query' : undefined
      expect([field, refusedBy('https://idp.example/x?p=1', field)]).toEqual([field, expected])
    }
    expect(fields.filter((field) => fieldRules[field].query === 'none')).toEqual([
      'issuer',
      'client_id',
    ])
  })

  it('lets what is no endpoint hold a query that only an endpoint must not', () => {
    const holds = (field: UrlField) => refusedBy('https://idp.example/x?state=1', field)
    const free = fields.filter((field) => holds(field) === undefined)
    expect(free).toEqual([
      'jwks_uri',
      'authorization_server_metadata',
      'resource_metadata',
      'registry_document',
      'resource',
      'server_url',
      'browser_url',
    ])
  })

  it('lets only documents be moved', () => {
    expect(fields.filter((field) => fieldRules[field].redirects === true)).toEqual([
      'jwks_uri',
      'authorization_server_metadata',
      'resource_metadata',
      'registry_document',
    ])
  })
})

describe('ports of other protocols', () => {
  /** The Fetch standard's list as another implementation of it has it: Node's own, which leaves out 0. */
  it.each([...blockedPorts].filter((port) => port !== 0))(
    '%i is one that browsers refuse',
    async (port) => {
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
        cause: expect.objectContaining({ message: 'bad port' }),
      })
      expect(refusedBy(`https://idp.example:${port}/x`, 'token_endpoint')).toBe('port')
    },
  )

  it('are all of the list, and no others', () => {
    expect(blockedPorts.size).toBe(83)
    for (const port of [80, 443, 8080, 8443, 3000, 65_535])
      expect([port, refusedBy(`https://idp.example:${port}/x`, 'token_endpoint')]).toEqual([
        port,
        undefined,
      ])
    expect(refusedBy('https://idp.example:65536/x', 'token_endpoint')).toBe('port')
    expect(refusedBy('https://idp.example:443x/x', 'token_endpoint')).toBe('port')
  })
})

describe('lengths', () => {
  it('allow 2048 characters in a document and 8192 in what is opened', () => {
    const long = (size: number) => 'https://idp.example/'.padEnd(size, 'a')
    expect(refusedBy(long(2048), 'issuer')).toBeUndefined()
    expect(refusedBy(long(2049), 'issuer')).toBe('length')
    expect(refusedBy(long(8192), 'browser_url')).toBeUndefined()
    expect(refusedBy(long(8193), 'browser_url')).toBe('length')
  })

  it('allow host names of 253 characters', () => {
    const name = (size: number) =>
      `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(size - 192)}`
    expect(refusedBy(`https://${name(253)}/x`, 'server_url')).toBeUndefined()
    expect(refusedBy(`https://${name(254)}/x`, 'server_url')).toBe('host')
  })
})

it('says whose URL is refused even where the server’s own cannot be read', () => {
  expect(() => checkUrl('x', 'issuer', { serverUrl: 'nonsense' })).toThrow(
    'The issuer of the server is refused: it is not an absolute https URL.',
  )
})
