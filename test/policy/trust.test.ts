import { describe, expect, it } from 'vitest'
import { canonicalJson as canonical } from '../../main/audit/canonical-json.ts'
import { compare, widens, widensProvider } from '../../main/policy/trust.ts'
import {
  type Config,
  configSchema,
  type ProviderProfile,
  type Rule,
  type ServerDefinition,
} from '../../main/store/config-schema.ts'
import { seededRandom } from '../bridge/random-json.ts'

const config = (parts: unknown) => configSchema.parse(parts)
const server = (definition: unknown) =>
  configSchema.parse({ servers: { s: definition } }).servers.s as ServerDefinition
const remote = (more: object = {}) =>
  server({ url: 'https://a.example/mcp', auth: 'header', ...more })
const keyed = (more: object = {}) => remote({ headers: { 'X-Key': 'secret:k' }, ...more })

const service = (more: object = {}) =>
  remote({ auth: 'service', oauth: { clientId: 'c', privateKey: 'secret:k', ...more } })
const exchanged = (from: string) => remote({ auth: 'oauth', oauth: { exchange: { from } } })

const withClient = (issuer?: string) =>
  remote({
    auth: 'oauth',
    oauth: { clientId: 'c', clientSecret: 'secret:k', ...(issuer && { issuer }) },
  })

describe('a server', () => {
  it.each([
    ['a new program', undefined, server({ command: 'x' }), true],
    ['another argument', server({ command: 'x' }), server({ command: 'x', args: ['-y'] }), true],
    ['a program where a URL was', remote(), server({ command: 'x' }), true],
    ['a URL where a program was', server({ command: 'x' }), remote(), false],
    ['a new remote server without a credential', undefined, remote(), false],
    ['a new remote server with a secret', undefined, keyed(), true],
    [
      'a new remote server with a live token',
      undefined,
      remote({ headers: { a: 'grant:b' } }),
      true,
    ],
    [
      'a new client secret',
      remote({ auth: 'oauth' }),
      remote({ auth: 'oauth', oauth: { clientSecret: 'secret:k' } }),
      true,
    ],
    ['a secret at another origin', keyed(), keyed({ url: 'https://b.example/mcp' }), true],
    ['a secret at another port', keyed(), keyed({ url: 'https://a.example:444/mcp' }), true],
    ['a secret at another path', keyed(), keyed({ url: 'https://a.example/other' }), false],
    ['a secret in another header', keyed(), remote({ headers: { 'X-Log': 'secret:k' } }), true],
    ['a secret in the URL too', keyed(), keyed({ query: { k: 'secret:k' } }), true],
    ['another secret', keyed(), remote({ headers: { 'X-Key': 'secret:j' } }), true],
    ['a secret less', keyed(), remote(), false],
    ['a private network', remote(), remote({ allowPrivateNetwork: true }), true],
    ['a private network no more', remote({ allowPrivateNetwork: true }), remote(), false],
    [
      'a private network as before',
      remote({ allowPrivateNetwork: true }),
      remote({ allowPrivateNetwork: true, headers: { a: 'b' } }),
      false,
    ],
    ['a service', remote(), service(), true],
    [
      'another issuer for a secret',
      withClient('https://a.example'),
      withClient('https://b.example'),
      true,
    ],
    ['no issuer for a secret any more', withClient('https://a.example'), withClient(), true],
    ['another key of a service', service(), service({ privateKey: 'secret:j' }), true],
    ['another client of a service', service(), service({ clientId: 'd' }), true],
    ['more for a service', service(), service({ scopes: ['all'] }), true],
    ['a service as before', service(), service(), false],
    ['a service no more', service(), remote({ auth: 'public' }), false],
    ['a person in place of a service', service(), remote({ auth: 'oauth' }), false],
    ['an exchange', remote({ auth: 'oauth' }), exchanged('b'), true],
    ['an exchange of another account', exchanged('b'), exchanged('c'), true],
    ['an exchange no more', exchanged('b'), remote({ auth: 'oauth' }), false],
    [
      'a network',
      remote({ allowedNetworks: ['10.1.0.0/16'] }),
      remote({ allowedNetworks: ['10.1.0.0/16', 'fd12::/32'] }),
      true,
    ],
    ['a first network', undefined, remote({ allowedNetworks: ['127.0.0.1'] }), true],
    [
      'a wider network',
      remote({ allowedNetworks: ['10.1.0.0/16'] }),
      remote({ allowedNetworks: ['10.0.0.0/15'] }),
      true,
    ],
    [
      'a narrower network, written otherwise',
      remote({ allowPrivateNetwork: true }),
      remote({ allowedNetworks: ['10.1.2.3/16', 'fd12:0::1'] }),
      false,
    ],
    [
      'loopback where private networks were',
      remote({ allowPrivateNetwork: true }),
      remote({ allowedNetworks: ['127.0.0.0/8'] }),
      true,
    ],
    [
      'nothing',
      server({ command: 'x', env: { A: '1', B: '2' } }),
      server({ env: { B: '2', A: '1' }, command: 'x' }),
      false,
    ],
  ])('with %s widens: %s', (_what, before, after, expected) => {
    expect(widens(before, after)).toBe(expected)
  })

  it('keeps what its command came to while the file says the same, and widens with another', () => {
    const pin = { program: '/usr/bin/x' }
    const written = server({ command: 'x' }) as { command: string; args: string[] }
    const pinned = { ...written, pin }
    const approved = { ...config({}), servers: { s: pinned } }
    expect(compare(approved, config({ servers: { s: written } }))).toEqual({
      effective: approved,
      held: [],
    })
    expect(widens(pinned, written)).toBe(false)
    expect(widens(written, pinned)).toBe(true)
    expect(widens(pinned, { ...written, pin: { program: '/tmp/x' } })).toBe(true)
    const edited = compare(approved, config({ servers: { s: { command: 'x', args: ['-y'] } } }))
    expect(edited.held.map(({ subject }) => subject)).toEqual(['s'])
    expect(edited.effective.servers).toEqual({ s: pinned })
    // What the person agreed to was the new command, not what the old one came to.
    expect(edited.held[0]?.approve(approved).servers).toEqual({ s: { command: 'x', args: ['-y'] } })
  })

  const with512 = { memoryMiB: 512, processes: 8 }
  it.each<[string, object | undefined, object | undefined, boolean]>([
    ['limits where none were', undefined, with512, false],
    ['a lower limit', with512, { ...with512, memoryMiB: 256 }, false],
    ['one limit more', with512, { ...with512, openFiles: 64 }, false],
    ['a higher limit', with512, { ...with512, processes: 9 }, true],
    ['a limit less', with512, { memoryMiB: 512 }, true],
    ['a limit for another', with512, { memoryMiB: 64, openFiles: 64 }, true],
    ['no limits any more', with512, undefined, true],
  ])('with %s widens: %s', (_what, had, has, expected) => {
    const written = (limits: object | undefined) =>
      server({ command: 'x', ...(limits && { limits }) })
    const pin = { program: '/usr/bin/x' }
    const before = { ...written(had), pin } as ServerDefinition
    const { effective, held } = compare(
      { ...config({}), servers: { s: before } },
      config({ servers: { s: written(has) } }),
    )
    expect(held).toHaveLength(expected ? 1 : 0)
    // Nobody is asked, so nobody could approve anew what the command came to.
    expect(effective.servers).toEqual({ s: expected ? before : { ...written(has), pin } })
  })

  it('widens with another argument, whatever its limits', () => {
    const before = server({ command: 'x', limits: { processes: 8 } })
    expect(widens(before, server({ command: 'x', args: ['y'], limits: { processes: 1 } }))).toBe(
      true,
    )
  })

  it('that is named like something every object has is still only what the file says', () => {
    const proposed = config({
      servers: { constructor: { command: 'x' } },
      clients: { constructor: {} },
    })
    const { effective, held } = compare(config({}), proposed)
    expect(effective.servers).toEqual({})
    expect(effective.clients).toEqual({})
    expect(held.map(({ kind, title }) => [kind, title])).toEqual([
      ['server', 'Add the server constructor'],
      ['client', 'Let the client constructor in'],
    ])
  })
})

describe('an edit of the configuration', () => {
  const allow: Rule = { effect: 'allow', client: 'cursor', server: '*' }
  const deny: Rule = { effect: 'deny', client: '*', server: '*', tool: 'delete_*' }
  const approved = config({
    servers: { notes: { command: 'notes' }, web: { url: 'https://w.example/', auth: 'public' } },
    clients: { cursor: {} },
    rules: [allow, deny],
  })

  it('that only narrows holds at once', () => {
    const proposed = config({
      servers: { web: approved.servers.web },
      rules: [deny, { ...deny, tool: 'x' }],
    })
    expect(compare(approved, proposed)).toEqual({ effective: proposed, held: [] })
  })

  it('that widens is held, and the rest of it holds', () => {
    const proposed = config({
      servers: {
        notes: { command: 'evil' },
        web: { url: 'https://w.example/new', auth: 'public' },
      },
      clients: { cursor: {}, stranger: {} },
      rules: [allow, { ...allow, client: '*' }, { ...deny, tool: '*' }],
    })
    const { effective, held } = compare(approved, proposed)
    expect(held.map(({ kind, subject, title }) => ({ kind, subject, title }))).toEqual([
      { kind: 'server', subject: 'notes', title: 'Change the server notes' },
      { kind: 'client', subject: 'stranger', title: 'Let the client stranger in' },
      { kind: 'rule.allow', subject: 'allow client=* server=*', title: 'Allow more' },
      {
        kind: 'rule.deny-removed',
        subject: 'deny client=* server=* tool=delete_*',
        title: 'Stop denying',
      },
    ])
    expect(effective.servers.notes).toEqual(approved.servers.notes)
    expect(effective.servers.web).toEqual(proposed.servers.web)
    expect(effective.clients).toEqual({ cursor: {} })
    expect(effective.rules).toEqual([allow, { ...deny, tool: '*' }, deny])
  })

  it('has an id for each change that another change does not have', () => {
    const ids = [
      config({ ...approved, servers: { notes: { command: 'evil' } } }),
      config({ ...approved, servers: { notes: { command: 'evil', args: [''] } } }),
      config({ ...approved, servers: { ...approved.servers, notes2: { command: 'evil' } } }),
      config({ ...approved, clients: { cursor: {}, notes: {} } }),
      config({ ...approved, rules: [allow, deny, { ...allow, tool: 'x' }] }),
      config({ ...approved, rules: [allow, deny, { ...allow, server: '* tool=x' }] }),
      config({ ...approved, rules: [allow] }),
    ].map((proposed) => {
      const { held } = compare(approved, proposed)
      expect(held).toHaveLength(1)
      return held[0]?.id
    })
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('any edit of any configuration', () => {
  const random = seededRandom(9)
  const some = <T>(all: readonly T[]) => all.filter(() => random.below(2) === 0)
  const definitions = [
    { command: 'a' },
    { command: 'a', args: ['-x'] },
    { command: 'b', env: { K: 'secret:k' } },
    { url: 'https://a.example/', auth: 'public' },
    { url: 'https://a.example/', auth: 'header', headers: { a: 'secret:k' } },
    { url: 'https://b.example/', auth: 'header', headers: { a: 'secret:k' } },
    { url: 'https://b.example/', auth: 'header', headers: { a: 'grant:s' } },
    { url: 'https://a.example/', allowPrivateNetwork: true },
  ]
  const rules: Rule[] = (['allow', 'deny'] as const).flatMap((effect) =>
    ['*', 'x', 'y'].flatMap((client) => [
      { effect, client, server: '*' },
      { effect, client, server: '*', tool: 't' },
    ]),
  )
  const randomConfig = (): Config =>
    config({
      servers: Object.fromEntries(
        some(['s', 't', 'constructor']).map((name) => [name, random.pick(definitions)]),
      ),
      clients: Object.fromEntries(some(['x', 'y', 'z']).map((name) => [name, {}])),
      rules: some(rules),
    })
  const asSet = (all: readonly Rule[]) => all.map(canonical).sort()
  const sorted = (all: Config) => ({ ...all, rules: asSet(all.rules) })

  it('is never wider than what was approved, and is the proposal once all of it is', () => {
    let changes = 0
    for (let round = 0; round < 2_000; round++) {
      const [approved, proposed] = [randomConfig(), randomConfig()]
      const about = canonical({ approved, proposed })
      const { effective, held } = compare(approved, proposed)
      changes += held.length

      for (const [name, definition] of Object.entries(effective.servers)) {
        const before = Object.hasOwn(approved.servers, name) ? approved.servers[name] : undefined
        expect(widens(before, definition), about).toBe(false)
        expect(Object.hasOwn(proposed.servers, name), about).toBe(true)
      }
      for (const name of Object.keys(effective.clients)) {
        expect(Object.hasOwn(approved.clients, name), about).toBe(true)
        expect(Object.hasOwn(proposed.clients, name), about).toBe(true)
      }
      const allowed = (all: Config) => asSet(all.rules.filter((rule) => rule.effect === 'allow'))
      const denied = (all: Config) => asSet(all.rules.filter((rule) => rule.effect === 'deny'))
      expect(allowed(effective), about).toEqual(
        allowed(approved).filter((rule) => allowed(proposed).includes(rule)),
      )
      expect(denied(effective), about).toEqual(
        [...new Set([...denied(approved), ...denied(proposed)])].sort(),
      )

      // The same question again has the same answer, from what was approved and from what is in force.
      expect(sorted(compare(effective, proposed).effective), about).toEqual(sorted(effective))
      expect(
        compare(effective, proposed)
          .held.map(({ id }) => id)
          .sort(),
        about,
      ).toEqual(held.map(({ id }) => id).sort())
      expect(compare(effective, effective).held, about).toEqual([])

      const order = random.below(2) === 0 ? held : held.toReversed()
      const all = order.reduce((taken, change) => change.approve(taken), effective)
      const after = compare(all, proposed)
      expect(after.held, about).toEqual([])
      expect(sorted(after.effective), about).toEqual(sorted(proposed))
    }
    expect(changes).toBeGreaterThan(4_000)
  })
})

describe('the canonical form', () => {
  it('is JSON that does not depend on the order of members', () => {
    const value = { b: [1, { y: null, x: 'é"' }], a: undefined, c: {} }
    expect(canonical(value)).toBe('{"b":[1,{"x":"é\\"","y":null}],"c":{}}')
    expect(JSON.parse(canonical(value))).toEqual({ b: [1, { y: null, x: 'é"' }], c: {} })
  })
})

describe('a provider profile', () => {
  const profile = (members: object = {}) =>
    configSchema.parse({ providers: { idp: members } }).providers.idp as ProviderProfile
  const issuer = 'https://id.example'
  const client = { issuer, clientId: 'c', clientSecret: 'secret:k' }
  const twoQuirks = ['no-pkce-metadata', 'no-refresh-token']

  it.each([
    ['a new one that says little', undefined, { scopes: ['a'], clientId: 'c' }, false],
    ['a new issuer', undefined, { issuer }, true],
    ['another issuer', { issuer }, { issuer: 'https://evil.example' }, true],
    ['an issuer no more: the server names it again', { issuer }, {}, true],
    ['metadata elsewhere', { issuer }, { issuer, metadataUrl: 'https://evil.example/m' }, true],
    ['a new secret', { issuer, clientId: 'c' }, client, true],
    ['another secret', client, { ...client, clientSecret: 'secret:j' }, true],
    ['a secret that moves', client, { ...client, issuer: 'https://evil.example' }, true],
    [
      'another resource',
      { resource: 'https://a.example' },
      { resource: 'https://b.example' },
      true,
    ],
    ['a page to be sent to', {}, { revokePage: 'https://evil.example' }, true],
    ['a new exception', { quirks: ['no-refresh-token'] }, { quirks: ['no-pkce-metadata'] }, true],
    ['an exception less', { quirks: ['no-pkce-metadata'] }, {}, false],
    [
      'exceptions in another order',
      { quirks: [...twoQuirks] },
      { quirks: twoQuirks.toReversed() },
      false,
    ],
    ['other scopes', { scopes: ['a'] }, { scopes: ['b'] }, false],
  ])('with %s widens: %s', (_what, before, after, expected) => {
    expect(widensProvider(before && profile(before), profile(after))).toBe(expected)
  })

  it('keeps what was approved while the change waits, and tells it in words', () => {
    const approved = config({ providers: { idp: { issuer, scopes: ['a'] } } })
    const wider = { issuer, scopes: ['a'], quirks: ['no-pkce-metadata'] }
    const proposed = config({ providers: { idp: wider, new: { issuer } } })
    const { effective, held } = compare(approved, proposed)
    expect(effective.providers).toEqual(approved.providers)
    expect(held.map(({ kind, subject, title }) => [kind, subject, title])).toEqual([
      ['provider', 'idp', 'Change the provider profile idp'],
      ['provider', 'new', 'Add the provider profile new'],
    ])
    expect(held[0]?.lines.join('\n')).toContain('exception no-pkce-metadata')
    const agreed = held.reduce((so, change) => change.approve(so), approved)
    expect(compare(agreed, proposed)).toEqual({ effective: proposed, held: [] })
  })

  it('is gone at once when the file no longer has it', () => {
    const approved = config({ providers: { idp: { issuer } } })
    expect(compare(approved, config({}))).toMatchObject({ effective: { providers: {} }, held: [] })
  })

  it.each([
    ['is named', remote({ auth: 'oauth' }), {}, true],
    ['is another one', remote({ auth: 'oauth', provider: 'other' }), {}, true],
    [
      'comes to another path',
      remote({ auth: 'oauth', provider: 'idp' }),
      { url: 'https://a.example/b' },
      true,
    ],
    ['comes into use', remote({ auth: 'public', provider: 'idp' }), {}, true],
    [
      'is what it was',
      remote({ auth: 'oauth', provider: 'idp' }),
      { oauth: { scopes: ['x'] } },
      false,
    ],
  ])('makes a server wider when it %s', (_what, before, more, expected) => {
    expect(widens(before, remote({ auth: 'oauth', provider: 'idp', ...more }))).toBe(expected)
  })

  it('makes a server no wider when it is no longer named', () => {
    expect(widens(remote({ auth: 'oauth', provider: 'idp' }), remote({ auth: 'oauth' }))).toBe(
      false,
    )
  })
})

describe('a proxy', () => {
  const proxy = {
    url: 'http://proxy.corp.example:3128',
    password: 'secret:p',
    bypass: ['a.example'],
  }
  const clientMetadataUrl = 'https://app.example/client'

  it.each([
    ['where there was none', {}],
    ['at another address', { proxy: { ...proxy, url: 'http://other.example' } }],
    ['with another password', { proxy: { ...proxy, password: 'secret:q' } }],
    ['with another exception', { proxy: { ...proxy, bypass: [] } }],
  ])('%s waits for a person', (_what, settings) => {
    const approved = config({ settings })
    const proposed = config({ settings: { proxy, clientMetadataUrl } })
    const { effective, held } = compare(approved, proposed)
    expect(effective.settings).toEqual({ ...approved.settings, clientMetadataUrl })
    expect(held.map(({ kind, subject }) => [kind, subject])).toEqual([['proxy', 'proxy']])
    expect(held[0]?.lines.join()).toContain('http://proxy.corp.example:3128')
    const agreed = held[0]?.approve(approved) ?? approved
    expect(compare(agreed, proposed)).toEqual({ effective: proposed, held: [] })
  })

  it('goes at once', () => {
    const approved = config({ settings: { proxy } })
    expect(compare(approved, config({}))).toEqual({ effective: config({}), held: [] })
  })
})

describe('whose token a client gets', () => {
  const url = 'https://a.example/mcp'
  const base = { accounts: { a: 'ada' }, folders: [{ folder: '/w', accounts: { a: 'bob' } }] }
  const of = (cursor: object, account?: string) =>
    config({ servers: { a: { url, account } }, clients: { cursor } })
  const approved = of(base, 'ada')

  it.each([
    ['another account', { ...base, accounts: { a: 'eve' } }],
    ['a choice more', { ...base, accounts: { a: 'ada', b: 'ada' } }],
    ['a choice less', { ...base, accounts: {} }],
    ['another folder', { ...base, folders: [{ folder: '/', accounts: { a: 'bob' } }] }],
    [
      'another account in a folder',
      { ...base, folders: [{ folder: '/w', accounts: { a: 'eve' } }] },
    ],
    ['no folder any more', { accounts: base.accounts }],
  ])('waits for a person where the file says %s, and stays what it was', (_what, cursor) => {
    const { effective, held } = compare(approved, of(cursor, 'ada'))
    expect(effective).toEqual(approved)
    expect(held).toMatchObject([{ kind: 'accounts', subject: 'cursor' }])
    const [change] = held
    expect(compare(change?.approve(approved) ?? approved, of(cursor, 'ada')).held).toEqual([])
  })

  it.each([['eve'], [undefined]])('waits where the account of a server becomes %s', (account) => {
    const { effective, held } = compare(approved, of(base, account))
    expect(effective).toEqual(approved)
    expect(held).toMatchObject([{ kind: 'server', subject: 'a' }])
  })

  it('is told to the person who lets a client in', () => {
    const { held } = compare(config({}), config({ clients: { cursor: base } }))
    expect(held[0]?.lines).toEqual([
      'cursor gets a socket of its own; what it may call is decided by the rules.',
      'cursor uses the account bob of a when it is started in /w or below',
      'cursor uses the account ada of a elsewhere',
      'cursor uses the usual account of every other server',
    ])
  })
})
