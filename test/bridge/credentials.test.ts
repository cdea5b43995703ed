import { describe, expect, it } from 'vitest'
import { createInjector } from '../../main/bridge/credentials.ts'
import { WarderError } from '../../main/errors.ts'
import type { AccessToken } from '../../main/oauth/types.ts'
import { serverSchema } from '../../main/store/config-schema.ts'

const url = 'https://mcp.example/mcp'

const tokenOf = (server: string): AccessToken => ({
  grant: {
    id: `grant-${server}`,
    server,
    account: 'ann',
    kind: 'person',
    issuer: 'https://as.example',
    clientId: 'c',
    resource: url,
    scopes: [],
    state: 'connected',
    withheld: [],
    renewable: true,
    connectedAt: 0,
    refreshedAt: null,
    expiresAt: null,
    quirks: [],
    bound: null,
    label: null,
    subject: null,
    organisation: null,
    since: 0,
  },
  value: `token-of-${server}`,
  expiresAt: null,
  serverUrl: url,
  proof: null,
})

const asker = { client: 'cursor', folder: '/work/a' }

const injector = createInjector({
  grants: {
    accessToken: async (server, who) => {
      expect(who).toBe(asker)
      return tokenOf(server)
    },
    rejected: async (token) => token,
    insufficient: () => new WarderError('grant.scopes_needed', 'more'),
  },
  secrets: { read: async (name) => `value-of-${name}` },
})

const server = (definition: object) => ({ name: 's', definition: serverSchema.parse(definition) })

describe('the credential of a remote server', () => {
  it('names the account whose token stands in a header', async () => {
    const headers = { 'X-Other': 'grant:other', 'X-Key': 'secret:key', 'X-Plain': 'plain' }
    expect(await injector.headers(server({ url, auth: 'header', headers }), asker)).toMatchObject({
      headers: { 'x-other': 'token-of-other', 'x-key': 'value-of-key', 'x-plain': 'plain' },
      account: 'other/ann',
      grants: ['grant-other'],
    })
  })

  it('names its own account first, and every other one', async () => {
    const credential = await injector.headers(
      server({ url, headers: { 'X-Other': 'grant:other', Authorization: 'Bearer planted' } }),
      asker,
    )
    expect(credential).toMatchObject({
      headers: { 'x-other': 'token-of-other', authorization: 'Bearer token-of-s' },
      account: 's/ann other/ann',
      grants: ['grant-s', 'grant-other'],
    })
  })

  it('names none where no grant is used', async () => {
    const credential = await injector.headers(server({ url, auth: 'public' }), asker)
    expect(credential).toMatchObject({ headers: {}, account: null, grants: [] })
  })
})

describe('the credential of a service', () => {
  const as = (kind: AccessToken['grant']['kind'], from = 'other') =>
    createInjector({
      grants: {
        accessToken: async (name) => {
          const token = tokenOf(name)
          const grant = { ...token.grant, kind }
          return { ...token, grant, ...(kind === 'exchange' && { from }) }
        },
        rejected: async (token) => token,
        insufficient: () => new WarderError('grant.scopes_needed', 'more'),
      },
      secrets: { read: async () => '' },
    })
  const exchange = { oauth: { exchange: { from: 'other' } } }
  const definitions = {
    person: server({ url }),
    service: server({ url, auth: 'service' }),
    exchange: server({ url, ...exchange }),
  }
  const kinds = ['person', 'service', 'exchange'] as const

  it('is told apart from a person of the same name', async () => {
    expect(await as('service').headers(definitions.service, asker)).toMatchObject({
      headers: { authorization: 'Bearer token-of-s' },
      account: 'service:s/ann',
    })
  })

  it.each(kinds.flatMap((has) => kinds.map((wants) => [has, wants] as const)))(
    'a grant of a %s stands in for no other: %s',
    async (has, wants) => {
      const headers = as(has).headers(definitions[wants], asker)
      if (has === wants) return void (await headers)
      await expect(headers).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
    },
  )

  it('is not what was exchanged for another account than the definition names now', async () => {
    const headers = as('exchange', 'the one before').headers(definitions.exchange, asker)
    await expect(headers).rejects.toMatchObject({ code: 'grant.sign_in_needed' })
  })

  it('has no token of another account beside it', () => {
    const definition = { url, auth: 'service', headers: { 'X-Other': 'grant:other' } }
    expect(serverSchema.safeParse(definition).success).toBe(false)
  })
})

describe('the credential of a local server', () => {
  it('goes into its environment', async () => {
    const env = { A: 'secret:key', B: 'grant:other', C: 'plain' }
    expect(await injector.environment(server({ command: 'x', env }), asker)).toMatchObject({
      headers: {},
      environment: { A: 'value-of-key', B: 'token-of-other', C: 'plain' },
      account: 'other/ann',
      grants: ['grant-other'],
    })
  })
})
