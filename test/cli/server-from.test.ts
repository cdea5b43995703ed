import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { asksFirst, type StandIn, startStandIn } from './stand-in.ts'
import { localSample, secretSample } from './views.ts'
import { document, warder } from './warder.ts'

const VALUE = 'q7Rz2LmW9xKb4Vt8Yc3N'
const pasted = JSON.stringify({
  mcpServers: {
    github: { command: 'npx', args: ['-y', 'x'], env: { GITHUB_TOKEN: VALUE } },
    notes: { url: 'https://notes.example/mcp', headers: { Authorization: 'Bearer ${NOTES_KEY}' } },
  },
})
const serverJson = JSON.stringify({
  name: 'io.example/files',
  version: '1.2.3',
  packages: [
    {
      registryType: 'npm',
      identifier: '@example/files',
      version: '1.2.3',
      packageArguments: [{ type: 'positional', valueHint: 'folder', isRequired: true }],
    },
  ],
})
const challenge = { title: 'Add the server github', lines: ['  npx -y x'] }

const start = (more: Parameters<typeof startStandIn>[0] = {}) =>
  startStandIn({
    'secrets:list': () => [],
    'secrets:set': ({ name }) => ({ ...secretSample, name, server: null }),
    'secrets:remove': () => ({}),
    'servers:add': asksFirst(challenge, localSample),
    ...more,
  })

async function add(companion: StandIn, text: string, ...args: string[]) {
  const file = path.join(companion.home, 'given.json')
  await writeFile(file, text)
  return ['server', 'add', '--home', companion.home, '--from', file, ...args]
}

describe('server add --from', () => {
  it('puts the credential into the vault and a reference into the definition, and shows neither', async () => {
    await using companion = await start()
    const done = await warder(await add(companion, pasted, 'github', '--approve'))
    expect(done.code).toBe(0)
    expect(done.stdout + done.stderr).not.toContain(VALUE)
    expect(companion.calls.filter(({ channel }) => channel !== 'secrets:list')).toEqual([
      { channel: 'secrets:set', input: { name: 'github-token', value: VALUE } },
      ...[{}, { confirm: expect.any(String) }].map((confirm) => ({
        channel: 'servers:add',
        input: {
          name: 'github',
          definition: {
            command: 'npx',
            args: ['-y', 'x'],
            env: { GITHUB_TOKEN: 'secret:github-token' },
          },
          ...confirm,
        },
      })),
    ])
  })

  it('takes a value from the variable that stands for it, with what stands around it', async () => {
    await using companion = await start()
    const args = await add(companion, pasted, 'notes', '--yes')
    expect((await warder(args, { env: { NOTES_KEY: VALUE } })).code).toBe(0)
    expect(companion.calls[1]).toEqual({
      channel: 'secrets:set',
      input: { name: 'notes-authorization', value: `Bearer ${VALUE}` },
    })
    const nobody = await warder(args)
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain('It needs a credential for Authorization')
  })

  it('takes the credential out of the vault again where a person does not agree', async () => {
    await using companion = await start()
    expect((await warder(await add(companion, pasted, 'github'))).code).toBe(4)
    expect(companion.calls.at(-1)).toEqual({
      channel: 'secrets:remove',
      input: { name: 'github-token' },
    })
  })

  it('never takes a secret that is there already for its own', async () => {
    await using companion = await start({
      'secrets:list': () => [{ ...secretSample, name: 'github-token' }],
    })
    const failed = await warder(await add(companion, pasted, 'github', '--yes'))
    expect(failed.code).toBe(2)
    expect(companion.calls.map(({ channel }) => channel)).toEqual(['secrets:list'])
  })

  it('reads a server.json, and its values', async () => {
    await using companion = await start()
    const args = await add(companion, serverJson, 'files', '--value', 'folder=/notes', '--approve')
    expect((await warder(args)).code).toBe(0)
    expect(companion.calls.at(-1)?.input).toMatchObject({
      definition: { command: 'npx', args: ['-y', '@example/files@1.2.3', '/notes'] },
    })
  })

  it.each([
    [['other'], 'There are several servers in it: name one of github, notes.'],
    [['github', '--value', 'a=b'], '--value is for a server.json or a bundle.'],
    [['github', '--sha256', 'aa'], '--sha256 is for bundles.'],
    [['github', '--env', 'A=b'], 'With --from nothing else is said of the server'],
    [['github', '--', 'node'], 'With --from nothing else is said of the server'],
  ])('is used wrongly with %j', async (args, message) => {
    await using companion = await start()
    const failed = await warder(await add(companion, pasted, ...args))
    expect(failed.code).toBe(2)
    expect(failed.stderr).toContain(message)
    expect(companion.calls).toEqual([])
  })

  it('quotes nothing of what it cannot use', async () => {
    await using companion = await start()
    const failed = await warder(await add(companion, `TOKEN=${VALUE}`, 'x', '--json'))
    expect(document(failed)).toMatchObject({ error: { code: 'server.import_invalid' } })
    expect(failed.stdout + failed.stderr).not.toContain(VALUE)
  })

  it('asks the MCP Registry through the companion, which also fetches and checks a bundle', async () => {
    await using companion = await start({
      'registry:read': () => ({ document: JSON.parse(serverJson) }),
    })
    const from = (value: string) => [
      'server',
      'add',
      '--home',
      companion.home,
      'files',
      '--approve',
      '--from',
      value,
    ]
    const done = await warder([
      ...from('registry:io.example/files@1.2.3'),
      '--value',
      'folder=/notes',
    ])
    expect(done.code).toBe(0)
    expect(companion.calls[0]).toEqual({
      channel: 'registry:read',
      input: { name: 'io.example/files', version: '1.2.3' },
    })
    const sha256 = 'ab'.repeat(32)
    const mcpb = {
      registryType: 'mcpb',
      identifier: 'https://a.example/x.mcpb',
      fileSha256: sha256,
    }
    const wrong = path.join(companion.home, 'wrong.mcpb')
    await writeFile(wrong, 'PK\x03\x04')
    await using other = await start({
      'registry:read': () => ({ document: { name: 'a/b', packages: [mcpb] } }),
      'registry:bundle': () => ({ file: wrong }),
    })
    const failed = await warder([
      'server',
      'add',
      '--home',
      other.home,
      'x',
      '--from',
      'registry:a/b',
    ])
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('SHA-256')
    expect(other.calls.at(-1)).toEqual({
      channel: 'registry:bundle',
      input: { url: mcpb.identifier, sha256 },
    })
  })
})
