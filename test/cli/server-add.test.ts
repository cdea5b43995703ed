import { describe, expect, it } from 'vitest'
import { serverDefinition } from '../../main/cli/server-definition.ts'
import { serverSchema } from '../../main/store/config-schema.ts'
import { asksFirst, startStandIn } from './stand-in.ts'
import { localSample, remoteSample } from './views.ts'
import { document, warder } from './warder.ts'

const url = 'https://mcp.linear.example/mcp'

describe('what is sent', () => {
  it.each([
    [['--url', url], { url, auth: 'oauth' }],
    [['--url', url, '--auth', 'public'], { url, auth: 'public' }],
    [
      ['--url', url, '--header', 'X-Api-Key=secret:key', '--header', 'X-Org=a=b'],
      { url, auth: 'header', headers: { 'X-Api-Key': 'secret:key', 'X-Org': 'a=b' } },
    ],
    [
      ['--url', url, '--auth', 'oauth', '--header', 'X-Org=acme'],
      { url, auth: 'oauth', headers: { 'X-Org': 'acme' } },
    ],
    [
      [
        '--url',
        url,
        '--client-id',
        'id',
        '--redirect-uri',
        'http://127.0.0.1:33418/',
        '--scope',
        'a',
        '--scope',
        'b',
      ],
      {
        url,
        auth: 'oauth',
        oauth: { clientId: 'id', redirectUri: 'http://127.0.0.1:33418/', scopes: ['a', 'b'] },
      },
    ],
    [
      [
        ...['--url', url, '--auth', 'service', '--client-id', 'id'],
        ...['--private-key', 'secret:key', '--scope', 'a'],
      ],
      {
        url,
        auth: 'service',
        oauth: { clientId: 'id', privateKey: 'secret:key', scopes: ['a'] },
      },
    ],
    [
      ['--url', url, '--auth', 'service', '--provider', 'idp'],
      { url, auth: 'service', provider: 'idp' },
    ],
    [
      ['--url', url, '--exchange', 'notes'],
      { url, auth: 'oauth', oauth: { exchange: { from: 'notes' } } },
    ],
    [
      ['--url', url, '--allow-network', '10.1.0.0/16', '--allow-network', 'fd12::/32'],
      { url, auth: 'oauth', allowedNetworks: ['10.1.0.0/16', 'fd12::/32'] },
    ],
    [
      ['--', 'npx', '-y', '--yes', 'a b', '--', '--json'],
      { command: 'npx', args: ['-y', '--yes', 'a b', '--', '--json'] },
    ],
    [
      ['--env', 'A=secret:key', '--env', 'B=grant:linear', '--cwd', '/srv', '--', 'node'],
      { command: 'node', args: [], env: { A: 'secret:key', B: 'grant:linear' }, cwd: '/srv' },
    ],
    [
      [
        ...['--file', 'CREDENTIALS=secret:key', '--file-once', 'TOKEN=grant:linear'],
        ...['--arg-secret', 'KEY=secret:key', '--on-renewal', 'restart'],
        ...['--memory-limit', '512', '--process-limit', '8', '--open-file-limit', '256'],
        ...['--idle', '600', '--shared', '--', 'node', '--key={argument:KEY}', '{file:TOKEN}'],
      ],
      {
        command: 'node',
        args: ['--key={argument:KEY}', '{file:TOKEN}'],
        files: { CREDENTIALS: 'secret:key', TOKEN: { from: 'grant:linear', once: true } },
        arguments: { KEY: 'secret:key' },
        onRenewal: 'restart',
        idleSeconds: 600,
        limits: { memoryMiB: 512, processes: 8, openFiles: 256 },
        instance: 'shared',
      },
    ],
    [
      [
        ...['--http', '/mcp', '--header', 'X-Key=secret:key', '--env', 'PORT={port}'],
        ...['--', 'node', 'server.js'],
      ],
      {
        command: 'node',
        args: ['server.js'],
        env: { PORT: '{port}' },
        http: { path: '/mcp', headers: { 'X-Key': 'secret:key' } },
      },
    ],
  ])('%j', async (args, definition) => {
    await using companion = await startStandIn({ 'servers:add': () => remoteSample })
    const done = await warder(['server', 'add', '--home', companion.home, 'x', ...args])
    expect(done.stderr).toBe('')
    expect(done.code).toBe(0)
    expect(companion.calls).toEqual([{ channel: 'servers:add', input: { name: 'x', definition } }])
    expect(serverSchema.safeParse(definition).success).toBe(true)
  })

  it('does not depend on the folder of the companion', () => {
    const local = (program: string, options = {}) =>
      serverDefinition({ command: [program, './kept'], options, folder: '/here' })
    expect(local('./server.sh')).toEqual({ command: '/here/server.sh', args: ['./kept'] })
    expect(local('node')).toEqual({ command: 'node', args: ['./kept'] })
    expect(local('node', { cwd: 'sub' })).toMatchObject({ cwd: '/here/sub' })
  })
})

describe('a preset', () => {
  it.each([
    [['--preset', 'notion'], { definition: { auth: 'oauth' }, preset: { name: 'notion' } }],
    [
      ['--preset', 'okta', '--tenant', 'dev-1.okta.com', '--url', url, '--client-id', 'c'],
      {
        definition: { url, auth: 'oauth', oauth: { clientId: 'c' } },
        preset: { name: 'okta', tenant: 'dev-1.okta.com' },
      },
    ],
    [
      ['--url', url, '--provider', 'corp', '--client-id', 'c', '--client-secret', 'secret:s'],
      {
        definition: {
          url,
          auth: 'oauth',
          provider: 'corp',
          oauth: { clientId: 'c', clientSecret: 'secret:s' },
        },
      },
    ],
    [
      [
        ...['--url', url, '--client-id', 'c', '--client-secret', 'secret:s'],
        ...['--token-endpoint-auth-method', 'client_secret_post'],
      ],
      {
        definition: {
          url,
          auth: 'oauth',
          oauth: {
            clientId: 'c',
            clientSecret: 'secret:s',
            tokenEndpointAuthMethod: 'client_secret_post',
          },
        },
      },
    ],
  ])('%j', async (args, sent) => {
    await using companion = await startStandIn({ 'servers:add': () => remoteSample })
    const done = await warder(['server', 'add', '--home', companion.home, 'x', ...args])
    expect(done.stderr).toBe('')
    expect(companion.calls).toEqual([{ channel: 'servers:add', input: { name: 'x', ...sent } }])
  })
})

describe('what goes together', () => {
  it.each([
    [['--url', url, '--', 'node'], '--url means nothing for a local server.'],
    [['--url', url, '--env', 'A=b'], '--env means nothing for a remote server.'],
    [
      ['--allow-network', '10.0.0.0/8', '--', 'node'],
      '--allow-network means nothing for a local server.',
    ],
    [
      ['--url', url, '--auth', 'public', '--client-id', 'x'],
      '--client-id means nothing for --auth public.',
    ],
    [['--preset', 'notion', '--', 'node'], '--preset means nothing for a local server.'],
    [['--url', url, '--tenant', 't'], '--tenant means nothing for a server without --preset.'],
    [
      ['--preset', 'notion', '--provider', 'p'],
      '--provider means nothing for a server with --preset.',
    ],
    [
      ['--url', url, '--auth', 'public', '--preset', 'notion'],
      '--preset means nothing for --auth public.',
    ],
    [['--url', url, '--auth', 'header'], '--auth header needs at least one --header NAME=VALUE.'],
    [
      ['--url', url, '--auth', 'service', '--client-id', 'c'],
      '--auth service needs --client-id, and --client-secret or --private-key.',
    ],
    [['--url', url, '--auth', 'magic'], '--auth is one of oauth, service, header, public.'],
    [['--url', url, '--header', 'hunter2'], '--header is written NAME=VALUE.'],
    [['--url', url, '--header', 'A=1', '--header', 'A=2'], '--header names one thing twice.'],
    [[], 'Say what the server is: --url URL for a remote one, -- COMMAND ARGS for a local one.'],
    [
      ['--'],
      'Say what the server is: --url URL for a remote one, -- COMMAND ARGS for a local one.',
    ],
    [['node', 'server.js'], 'Put -- before the command: warder server add NAME -- COMMAND ARGS.'],
    [
      ['node', '--', 'server.js'],
      'Put -- before the command: warder server add NAME -- COMMAND ARGS.',
    ],
  ])('%j exits 2', async (args, message) => {
    const failed = await warder(['server', 'add', '--json', '--home', '/nonexistent', 'x', ...args])
    expect(failed.code).toBe(2)
    expect(document(failed)).toEqual({ error: { code: 'usage.invalid', message } })
  })
})

describe('--approve', () => {
  const challenge = { title: 'Add the server x', lines: ['  /usr/bin/node /opt/notes/server.js'] }
  const start = () => startStandIn({ 'servers:add': asksFirst(challenge, localSample) })

  it.each([['--approve'], ['--yes']])(
    '%s stands for the person, who is shown the exact command',
    async (flag) => {
      await using companion = await start()
      const done = await warder([
        'server',
        'add',
        '--home',
        companion.home,
        'x',
        flag,
        '--',
        'node',
      ])
      expect(done.code).toBe(0)
      expect(done.stderr).toBe('Add the server x\n    /usr/bin/node /opt/notes/server.js\n')
      expect(done.stdout).toContain('runs: /usr/bin/node /opt/notes/server.js "a b"\n')
      expect(done.stdout).toContain('API_TOKEN comes from secret:notes-token')
    },
  )

  it('without it and without a terminal, exits 4', async () => {
    await using companion = await start()
    const failed = await warder(['server', 'add', '--home', companion.home, 'x', '--', 'node'])
    expect(failed.code).toBe(4)
    expect(failed.stderr).toContain('/usr/bin/node /opt/notes/server.js')
  })

  it('says nothing about a remote server', async () => {
    await using companion = await start()
    const args = ['server', 'add', '--home', companion.home, 'x', '--approve', '--url', url]
    expect((await warder(args)).code).toBe(4)
  })

  it('behind -- belongs to the command', async () => {
    await using companion = await start()
    const args = [
      'server',
      'add',
      '--home',
      companion.home,
      'x',
      '--',
      'node',
      '--approve',
      '--yes',
    ]
    expect((await warder(args)).code).toBe(4)
  })
})
