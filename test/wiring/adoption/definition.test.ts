import { describe, expect, it } from 'vitest'
import { clearSecret } from '../../../main/store/clear-secrets.ts'
import { serverSchema } from '../../../main/store/config-schema.ts'
import { incomingServer, isObstacle } from '../../../main/wiring/adoption/definition.ts'
import { warderName } from '../../../main/wiring/adoption/secret-name.ts'
import { type StayingCode, stayingCodes } from '../../../main/wiring/adoption/staying.ts'
import type { ConfiguredServer } from '../../../main/wiring/types.ts'

const VALUE = 'q7Rz2LmW9xKb4Vt8'
const server = (members: Partial<ConfiguredServer>): ConfiguredServer => ({
  client: 'cursor',
  scope: 'user',
  file: '/home/ann/.cursor/mcp.json',
  at: ['mcpServers', 'one'],
  name: 'one',
  transport: members.command ? 'stdio' : 'http',
  command: null,
  args: [],
  env: {},
  url: null,
  headers: {},
  enabled: true,
  ours: false,
  raw: members,
  ...members,
})

function taken(members: Partial<ConfiguredServer>) {
  const made = incomingServer(server(members), 'one')
  if (isObstacle(made)) throw new Error(made.problem)
  // What comes of it is what config.json takes, and holds no credential.
  const definition = serverSchema.parse(made.definition)
  expect(clearSecret(definition)).toBeNull()
  expect(JSON.stringify(made.definition)).not.toContain(VALUE)
  return {
    definition: made.definition,
    secrets: made.secrets.map(({ name, value, variable }) => [name, value, variable]),
    around: made.secrets.map(({ around }) => around),
  }
}

describe('a server of another program', () => {
  it('keeps its command, and its credentials become references', () => {
    expect(
      taken({ command: 'npx', args: ['-y', 'x'], env: { GITHUB_TOKEN: VALUE, DEBUG: '1' } }),
    ).toMatchObject({
      definition: {
        command: 'npx',
        args: ['-y', 'x'],
        env: { GITHUB_TOKEN: 'secret:one-github-token', DEBUG: '1' },
      },
      secrets: [['one-github-token', VALUE, null]],
    })
  })

  it('has its credentials among the arguments named there, wherever they stand', () => {
    const { definition, secrets } = taken({
      command: 'docker',
      args: [
        '--api-key',
        VALUE,
        '-e',
        `API_TOKEN=${VALUE}1`,
        `--pat=${VALUE}2`,
        `postgres://a:${VALUE}3@db/x`,
      ],
    })
    expect(definition).toMatchObject({
      args: [
        '--api-key',
        '{argument:API_KEY}',
        '-e',
        'API_TOKEN={argument:API_TOKEN}',
        '--pat={argument:PAT}',
        '{argument:ARGUMENT_6}',
      ],
      arguments: { API_KEY: 'secret:one-api-key', ARGUMENT_6: 'secret:one-argument-6' },
    })
    expect(secrets.map(([, value]) => value)).toEqual([
      VALUE,
      `${VALUE}1`,
      `${VALUE}2`,
      `postgres://a:${VALUE}3@db/x`,
    ])
  })

  it('is remote where it is behind mcp-remote, and its header goes along', () => {
    expect(
      taken({
        command: 'npx',
        args: [
          '-y',
          'mcp-remote@0.1',
          'https://a.example/mcp',
          '--header',
          'Authorization: Bearer ${AUTH}',
        ],
        env: { AUTH: VALUE },
      }),
    ).toMatchObject({
      definition: {
        url: 'https://a.example/mcp',
        auth: 'header',
        headers: { Authorization: 'secret:one-authorization' },
      },
      secrets: [['one-authorization', `Bearer ${VALUE}`, null]],
    })
  })

  it('is signed in to where nothing of it is a credential', () => {
    expect(taken({ url: 'https://a.example/mcp', headers: { Accept: 'x/y' } }).definition).toEqual({
      url: 'https://a.example/mcp',
      auth: 'oauth',
      headers: { Accept: 'x/y' },
    })
  })

  it.each([
    ['${env:GH_TOKEN}', null, 'GH_TOKEN', ['', '']],
    ['Bearer ${GH_TOKEN}', null, 'GH_TOKEN', ['Bearer ', '']],
    [`Bearer \${GH_TOKEN:-${VALUE}}`, `Bearer ${VALUE}`, 'GH_TOKEN', ['Bearer ', '']],
    ['Bearer ${input:token}', null, null, ['Bearer ', '']],
    ['$GH_TOKEN', null, 'GH_TOKEN', ['', '']],
    ['Bearer <your token>', null, null, ['Bearer ', '']],
    ['YOUR_TOKEN_HERE', null, null, ['', '']],
  ])('asks for what stands for a credential: %s', (value, given, variable, around) => {
    expect(taken({ url: 'https://a.example/mcp', headers: { Authorization: value } })).toEqual({
      definition: {
        url: 'https://a.example/mcp',
        auth: 'header',
        headers: { Authorization: 'secret:one-authorization' },
      },
      secrets: [['one-authorization', given, variable]],
      around: [around],
    })
  })

  it.each([
    [{ url: `https://a.example/ghp_${VALUE}${VALUE}Ab3d/mcp` }, 'stays.url_path'],
    [{ url: `https://a.example/mcp?key=${VALUE}&key=${VALUE}2` }, 'stays.url_unclear'],
    [
      { url: `https://me:${VALUE}@a.example/mcp`, headers: { authorization: 'x' } },
      'stays.url_unclear',
    ],
    [{ url: 'https://a.example/mcp', transport: 'sse' as const }, 'stays.older_transport'],
    [{ command: 'x', raw: { envFile: '/x/.env' } }, 'stays.env_file'],
    [{ command: '${HOME}/x' }, 'stays.reference_unknown'],
    [{ command: 'x', env: { REGION: '${REGION}' } }, 'stays.reference_unknown'],
    // The vault would keep it on one line, and the server would be given another key.
    [{ command: 'x', env: { API_KEY: `-----BEGIN\n${VALUE}` } }, 'stays.several_lines'],
    [{}, 'stays.no_way_in'],
  ])('is left where it is when it cannot be the same here: %j', (members, code) => {
    expect(incomingServer(server(members), 'one')).toEqual({
      code,
      problem: stayingCodes[code as StayingCode],
    })
  })

  it('has what its URL holds sent as a header or a parameter, and its URL holds nothing', () => {
    const { definition, secrets } = taken({
      url: `https://me:${encodeURIComponent(`${VALUE}@`)}@a.example/mcp?region=eu%2F1&apiKey=${VALUE}2&flag#token=${VALUE}`,
      headers: { Accept: 'x/y' },
    })
    expect(definition).toEqual({
      url: 'https://a.example/mcp?region=eu%2F1&flag',
      auth: 'header',
      headers: { Accept: 'x/y', Authorization: 'secret:one-authorization' },
      query: { apiKey: 'secret:one-api-key' },
    })
    expect(secrets).toEqual([
      ['one-authorization', `Basic ${Buffer.from(`me:${VALUE}@`).toString('base64')}`, null],
      ['one-api-key', `${VALUE}2`, null],
    ])
  })

  it('gives each place among the arguments a name of its own', () => {
    const { definition } = taken({
      command: 'x',
      args: ['--api-key', VALUE, '--api_key', `${VALUE}2`, '--api.key', `${VALUE}3`],
    })
    expect(definition).toMatchObject({
      args: [
        '--api-key',
        '{argument:API_KEY}',
        '--api_key',
        '{argument:API_KEY_2}',
        '--api.key',
        '{argument:API_KEY_3}',
      ],
    })
  })

  it('gets a name that config.json takes', () => {
    expect(warderName('@scope/My Server.v2')).toBe('scope-my-server-v2')
    expect(warderName('--')).toBe('server')
    expect(warderName('x'.repeat(40))).toHaveLength(32)
  })

  it.each([
    [{ command: 'x', env: { NOTES: 'secret:github-token' } }],
    [{ command: 'x', env: { NOTES: 'grant:notion' } }],
    [{ url: 'https://a.example/mcp', headers: { 'X-Note': 'secret:github-token' } }],
  ])('is refused what lies in the vault of others: %j', (members) => {
    const made = incomingServer(server(members as Partial<ConfiguredServer>), 'one')
    expect(isObstacle(made) && made.problem).toContain('It names a secret or an account of Warder')
  })
})
