import { describe, expect, it } from 'vitest'
import {
  emptyDraft,
  missing,
  nameFrom,
  nameOfCommand,
  nameOfUrl,
  newValue,
  planOf,
} from '../../renderer/pages/servers/add/draft.ts'
import { scopeInWords } from '../../renderer/parts/scopes.tsx'
import { readRoute } from '../../renderer/shell/route.ts'

describe('a name', () => {
  it.each([
    ['https://mcp.linear.app/mcp', 'linear'],
    ['https://api.githubcopilot.com/mcp/', 'githubcopilot'],
    ['http://127.0.0.1:3000/mcp', ''],
    ['no address', ''],
  ])('is made of %s', (url, name) => {
    expect(nameOfUrl(url)).toBe(name)
  })

  it.each([
    ['npx', '-y\n@modelcontextprotocol/server-files@1.2.0', 'server-files'],
    ['/usr/bin/python3', '/opt/notes/server.py', 'server'],
    ['docker', 'run\n-i\nmcp/time', 'time'],
    ['my-server', '', 'my-server'],
    ['', '', ''],
  ])('is made of %s %s', (program, args, name) => {
    expect(nameOfCommand(program, args)).toBe(name)
  })

  it('is never one that config.json refuses', () => {
    for (const text of ['--A b--', 'x'.repeat(40), `${'y'.repeat(31)}-z`, '日本'])
      expect(nameFrom(text)).toMatch(/^(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?)?$/)
  })
})

describe('a plan', () => {
  it('puts secrets into the vault and their names into the definition', () => {
    const plan = planOf({
      ...emptyDraft,
      name: 'notes',
      url: ' https://mcp.notes.example/mcp ',
      auth: 'header',
      headers: [
        newValue('Authorization', 'tok-en'),
        newValue('X-Team', 'blue', false),
        newValue('', 'nameless'),
      ],
    })
    expect(plan).toEqual({
      secrets: [{ name: 'notes-authorization', value: 'Bearer tok-en' }],
      server: {
        name: 'notes',
        definition: {
          url: 'https://mcp.notes.example/mcp',
          auth: 'header',
          headers: { Authorization: 'secret:notes-authorization', 'X-Team': 'blue' },
        },
      },
    })
    expect(JSON.stringify(plan.server)).not.toContain('tok-en')
  })

  it('keeps two secrets apart whose names come out alike', () => {
    const { secrets } = planOf({
      ...emptyDraft,
      kind: 'local',
      name: 'notes',
      program: 'notes',
      env: [newValue('A_KEY', '1'), newValue('A-KEY', '2')],
    })
    expect(new Set(secrets.map(({ name }) => name)).size).toBe(2)
  })

  it('takes arguments as they are, one a line', () => {
    const { server } = planOf({
      ...emptyDraft,
      kind: 'local',
      name: 'files',
      program: 'npx',
      args: '-y\n"quoted" $HOME\n\n/home/a b',
    })
    expect(server.definition).toMatchObject({
      command: 'npx',
      args: ['-y', '"quoted" $HOME', '/home/a b'],
    })
  })

  it('gives a service its credentials by name, and the provider that they are for', () => {
    const draft = {
      ...emptyDraft,
      name: 'jobs',
      url: 'https://jobs.example/mcp',
      auth: 'service' as const,
      clientId: ' warder ',
      clientSecret: 's-1',
      issuer: 'https://id.example',
      scopes: 'jobs:read\njobs:write ',
    }
    const shared = {
      clientId: 'warder',
      issuer: 'https://id.example',
      scopes: ['jobs:read', 'jobs:write'],
    }
    const { server, secrets } = planOf(draft)
    expect(server.definition).toEqual({
      url: 'https://jobs.example/mcp',
      auth: 'service',
      oauth: { ...shared, clientSecret: 'secret:jobs-client' },
    })
    expect(secrets).toEqual([{ name: 'jobs-client', value: 's-1' }])
    const withKey = planOf({ ...draft, proof: 'key', privateKey: '-----BEGIN' })
    expect(withKey.server.definition).toMatchObject({
      oauth: { ...shared, privateKey: 'secret:jobs-key' },
    })
    expect(withKey.secrets).toEqual([{ name: 'jobs-key', value: '-----BEGIN' }])
  })

  it('puts credentials into files and arguments by name, never as they are', () => {
    const { server, secrets } = planOf({
      ...emptyDraft,
      kind: 'local',
      name: 'mail',
      program: 'mail-server',
      args: '--key={argument:KEY}',
      env: [{ ...newValue('LINEAR'), tokenOf: 'linear' }],
      files: [
        newValue('PASSWORD_FILE', 'p-1', false),
        { ...newValue('TOKEN_FILE'), tokenOf: 'linear', once: true },
        newValue('EMPTY_FILE'),
      ],
      argumentSecrets: [newValue('KEY', 'k-1')],
    })
    expect(server.definition).toEqual({
      command: 'mail-server',
      args: ['--key={argument:KEY}'],
      env: { LINEAR: 'grant:linear' },
      files: {
        PASSWORD_FILE: 'secret:mail-password-file',
        TOKEN_FILE: { from: 'grant:linear', once: true },
      },
      arguments: { KEY: 'secret:mail-key' },
    })
    expect(secrets.map(({ value }) => value)).toEqual(['p-1', 'k-1'])
  })

  it('says what it lacks', () => {
    const service = { ...emptyDraft, url: 'x', name: 'x', auth: 'service' as const }
    expect(missing(service)).toContain('client ID')
    expect(missing({ ...service, clientId: 'c' })).toContain('secret')
    expect(missing({ ...service, clientId: 'c', proof: 'key', clientSecret: 's' })).toContain('key')
    expect(missing({ ...service, clientId: 'c', clientSecret: 's' })).toBeNull()
    const local = { ...emptyDraft, kind: 'local' as const, program: 'x', name: 'x' }
    const argumentSecrets = [newValue('KEY', 'k')]
    expect(missing({ ...local, argumentSecrets })).toContain('{argument:KEY}')
    expect(missing({ ...local, argumentSecrets, args: '{argument:KEY}' })).toBeNull()
    expect(missing(emptyDraft)).toContain('address')
    expect(missing({ ...emptyDraft, kind: 'local' })).toContain('program')
    expect(missing({ ...emptyDraft, url: 'x' })).toContain('name')
    expect(missing({ ...emptyDraft, url: 'x', name: 'x' })).toBeNull()
  })
})

it.each([
  ['repo', 'read and change your repositories'],
  ['issues:create', 'create issues'],
  ['https://www.googleapis.com/auth/calendar.readonly', 'read calendar'],
  ['mcp:read', 'read mcp'],
  ['xyzzy', null],
])('says what %s allows where its name tells', (scope, words) => {
  expect(scopeInWords(scope)).toBe(words)
})

it.each([
  ['#/servers/notes', { page: 'servers', about: 'notes' }],
  ['#/servers/a%20b', { page: 'servers', about: 'a b' }],
  ['#/servers/%E0%A4%A', { page: 'servers', about: undefined }],
  ['#/nowhere/x', { page: 'overview', about: undefined }],
  ['', { page: 'overview', about: undefined }],
])('reads the address %s', (hash, route) => {
  expect(readRoute(hash)).toEqual(route)
})
