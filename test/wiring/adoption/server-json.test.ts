import { describe, expect, it } from 'vitest'
import { serverSchema } from '../../../main/store/config-schema.ts'
import {
  bundleIn,
  fromServerJson,
  isServerJson,
} from '../../../main/wiring/adoption/server-json.ts'
import { givenValues } from '../../../main/wiring/adoption/values.ts'

function added(document: unknown, given: Record<string, string> = {}) {
  expect(isServerJson(document)).toBe(true)
  const { definition, secrets } = fromServerJson(document, 'one', givenValues(given))
  serverSchema.parse(definition)
  return { definition, secrets: secrets.map(({ name, around }) => [name, around]) }
}

const npm = {
  registryType: 'npm',
  identifier: '@scope/server',
  version: '1.2.3',
  transport: { type: 'stdio' },
}
const document = (members: object) => ({
  name: 'io.github.scope/server',
  version: '1.2.3',
  ...members,
})

describe('a server.json', () => {
  it('of a package is started at exactly its version, and what is secret goes into the vault', () => {
    expect(
      added(
        document({
          packages: [
            {
              ...npm,
              packageArguments: [
                { type: 'positional', valueHint: 'folder', isRequired: true },
                {
                  type: 'named',
                  name: '--mode',
                  value: '{mode}',
                  variables: { mode: { default: 'fast' } },
                },
                { type: 'named', name: '--key', isSecret: true, isRequired: true },
                { type: 'named', name: '--verbose' },
              ],
              environmentVariables: [
                { name: 'API_TOKEN', isSecret: true, isRequired: true },
                { name: 'REGION', default: 'eu' },
                { name: 'OTHER' },
              ],
            },
          ],
        }),
        { folder: '/notes' },
      ),
    ).toEqual({
      definition: {
        command: 'npx',
        args: [
          '-y',
          '@scope/server@1.2.3',
          '/notes',
          '--mode',
          'fast',
          '--key',
          '{argument:KEY}',
          '--verbose',
        ],
        env: { API_TOKEN: 'secret:one-api-token', REGION: 'eu' },
        arguments: { KEY: 'secret:one-key' },
      },
      secrets: [
        ['one-api-token', ['', '']],
        ['one-key', ['', '']],
      ],
    })
  })

  it('of a remote server keeps what stands around a secret in its header', () => {
    expect(
      added(
        document({
          packages: [npm],
          remotes: [
            { type: 'sse', url: 'https://a.example/sse' },
            {
              type: 'streamable-http',
              url: 'https://{tenant}.example/mcp',
              variables: { tenant: { isRequired: true } },
              headers: [
                {
                  name: 'Authorization',
                  value: 'Bearer {key}',
                  variables: { key: { isSecret: true } },
                },
                { name: 'X-Region', default: 'eu' },
              ],
            },
          ],
        }),
        { tenant: 'acme' },
      ),
    ).toEqual({
      definition: {
        url: 'https://acme.example/mcp',
        auth: 'header',
        headers: { Authorization: 'secret:one-authorization', 'X-Region': 'eu' },
      },
      secrets: [['one-authorization', ['Bearer ', '']]],
    })
  })

  it.each(['secret:github-token', 'grant:notion'])('is refused %s, which is of others', (value) => {
    const environmentVariables = [{ name: 'NOTES', value }]
    expect(() => added(document({ packages: [{ ...npm, environmentVariables }] }))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('names a secret or an account') }),
    )
    const remotes = [
      { type: 'streamable-http', url: 'https://a.example/mcp', headers: [{ name: 'X-N', value }] },
    ]
    expect(() => added(document({ remotes }))).toThrow(
      expect.objectContaining({ code: 'server.import_invalid' }),
    )
  })

  it('gives a container only the variables that it asks for', () => {
    expect(
      added(
        document({
          packages: [
            {
              registryType: 'oci',
              identifier: 'ghcr.io/scope/server',
              version: '1.2.3',
              environmentVariables: [{ name: 'KEY', isSecret: true }],
            },
          ],
        }),
      ).definition,
    ).toEqual({
      command: 'docker',
      args: ['run', '-i', '--rm', '-e', 'KEY', 'ghcr.io/scope/server:1.2.3'],
      env: { KEY: 'secret:one-key' },
    })
  })

  it('is read from an answer of the API, and as entries were written before', () => {
    const old = {
      registry_name: 'pypi',
      name: 'weather',
      version: '0.5.0',
      environment_variables: [{ name: 'WEATHER_API_KEY', is_secret: true, is_required: true }],
    }
    expect(added({ server: document({ packages: [old] }), _meta: {} }).definition).toEqual({
      command: 'uvx',
      args: ['weather==0.5.0'],
      env: { WEATHER_API_KEY: 'secret:one-weather-api-key' },
    })
  })

  it.each([
    [{ packages: [{ ...npm, version: 'latest' }] }, 'no exact version'],
    [{ packages: [{ ...npm, version: '^1.0.0' }] }, 'no exact version'],
    // npm takes these for ranges, and everybody the last for one.
    [{ packages: [{ ...npm, version: '1.2' }] }, 'no exact version'],
    [{ packages: [{ ...npm, registryType: 'pypi', version: '1.x' }] }, 'no exact version'],
    [{ packages: [{ registryType: 'oci', identifier: 'ghcr.io/a/b' }] }, 'no exact version'],
    [{ packages: [{ registryType: 'oci', identifier: 'ghcr.io/a/b:latest' }] }, 'no exact version'],
    [{ packages: [{ ...npm, registryBaseUrl: 'https://npm.example' }] }, 'registry of its own'],
    [{ packages: [{ ...npm, fileSha256: 'ab'.repeat(32) }] }, 'could not check'],
    [{ packages: [npm], status: 'deleted' }, 'took it back'],
    [{ packages: [{ ...npm, identifier: '--call=x' }] }, 'not a server.json'],
    [{ packages: [{ ...npm, transport: { type: 'streamable-http' } }] }, 'standard input'],
    [{ packages: [{ ...npm, registryType: 'cargo' }] }, 'no remote server'],
    [{ remotes: [{ type: 'sse', url: 'https://a.example/' }] }, 'no remote server'],
    [
      {
        remotes: [
          {
            type: 'streamable-http',
            url: 'https://a.example/{key}',
            variables: { key: { isSecret: true } },
          },
        ],
      },
      'in its URL',
    ],
  ])('is refused where it cannot be what it says: %j', (members, why) => {
    expect(() => added(document(members))).toThrow(why)
  })

  it('is refused where its registry says in its answer that it was taken back', () => {
    const answer = (status: string) => ({
      server: document({ packages: [npm] }),
      _meta: { 'io.modelcontextprotocol.registry/official': { status, isLatest: true } },
    })
    expect(() => added(answer('deleted'))).toThrow('took it back')
    expect(added(answer('active')).definition).toMatchObject({ command: 'npx' })
  })

  it('has what the registry’s own examples have: mounts, choices, numbers, switches, more than one way in', () => {
    const database = document({
      packages: [
        {
          registryType: 'oci',
          registryBaseUrl: 'https://ghcr.io',
          identifier: 'scope/database',
          version: '3.1.0',
          runtimeHint: 'docker',
          transport: { type: 'stdio' },
          runtimeArguments: [
            { type: 'named', name: '--network', value: 'host' },
            {
              type: 'named',
              name: '--mount',
              value: 'type=bind,src={source},dst={target}',
              isRequired: true,
              isRepeated: true,
              variables: {
                source: { format: 'filepath', isRequired: true },
                target: { isRequired: true, default: '/project' },
              },
            },
            {
              type: 'named',
              name: '-e',
              value: 'DB_TYPE={kind}',
              variables: { kind: { choices: ['postgres', 'mysql'], isRequired: true } },
            },
          ],
          packageArguments: [
            { type: 'named', name: '--host', default: 'localhost', isRequired: true },
            { type: 'named', name: '--port', description: 'Port', format: 'number' },
            { type: 'named', name: '--read-only' },
            { type: 'positional', value: 'start' },
          ],
          environmentVariables: [{ name: 'DB_PASSWORD', isRequired: true, isSecret: true }],
        },
      ],
    })
    const given = { source: '/src', kind: 'mysql' }
    const { definition } = added(database, given)
    expect(definition).toMatchObject({
      command: 'docker',
      args: [
        ...['run', '-i', '--rm', '--network', 'host'],
        ...['--mount', 'type=bind,src=/src,dst=/project', '-e', 'DB_TYPE=mysql'],
        ...['-e', 'DB_PASSWORD', 'ghcr.io/scope/database:3.1.0'],
        // Nobody gave a port, and without one its option would take the next word.
        ...['--host', 'localhost', '--read-only', 'start'],
      ],
    })
    expect(added(database, { ...given, port: '5432' }).definition.args).toEqual(
      expect.arrayContaining(['--port', '5432']),
    )
    expect(() => added(database, { ...given, kind: 'oracle' })).toThrow('one of postgres, mysql')
    expect(() => added(database, { ...given, port: 'many' })).toThrow('has to be a number')
    expect(
      added(
        document({
          packages: [
            { ...npm, transport: { type: 'sse', url: 'http://localhost/sse' } },
            {
              registryType: 'nuget',
              registryBaseUrl: 'https://api.nuget.org/v3/index.json',
              identifier: 'Scope.Server',
              version: '0.4.0-beta',
              runtimeHint: 'dnx',
              transport: { type: 'stdio' },
              packageArguments: [
                { type: 'positional', value: 'mcp' },
                { type: 'positional', value: 'start' },
              ],
            },
          ],
        }),
      ).definition,
    ).toEqual({
      command: 'dnx',
      args: ['--yes', 'Scope.Server@0.4.0-beta', '--', 'mcp', 'start'],
    })
  })

  it('tells everything that is missing at once, and what was given for nothing', () => {
    const packages = [
      {
        ...npm,
        environmentVariables: [
          { name: 'ONE', isRequired: true, description: 'the first' },
          { name: 'TWO', isRequired: true },
        ],
      },
    ]
    expect(() => added(document({ packages }))).toThrow('for ONE (the first), TWO.')
    expect(() => added(document({ packages: [npm] }), { three: 'x' })).toThrow('called three')
  })

  it('names its bundle only where there is no other way in, and only with a SHA-256 and https', () => {
    const fileSha256 = 'ab'.repeat(32)
    const identifier = 'https://github.example/x.mcpb'
    const mcpb = { registryType: 'mcpb', identifier, fileSha256 }
    const named = (...packages: object[]) => bundleIn(document({ packages }))
    expect(named(mcpb)).toEqual({ url: identifier, sha256: fileSha256 })
    expect(named(mcpb, npm)).toBeNull()
    expect(bundleIn({})).toBeNull()
    expect(() => named({ ...mcpb, fileSha256: undefined })).toThrow('SHA-256')
    expect(() => named({ ...mcpb, identifier: 'http://github.example/x.mcpb' })).toThrow('https')
  })
})
