import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../main/wiring/doctor/duplicates.ts'
import { exposureFindings, openPorts } from '../../../main/wiring/doctor/exposure.ts'
import { clearPlaces } from '../../../main/wiring/doctor/secrets.ts'
import { startFindings } from '../../../main/wiring/doctor/starts.ts'
import type { ConfiguredServer } from '../../../main/wiring/types.ts'

const server = (members: Partial<ConfiguredServer>): ConfiguredServer => ({
  client: 'cursor',
  scope: 'user',
  file: '/home/ann/.cursor/mcp.json',
  at: ['mcpServers', 'one'],
  name: 'one',
  transport: 'stdio',
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
const VALUE = 'q7Rz2LmW9xKb4Vt8'
const clear = (members: Partial<ConfiguredServer>) =>
  clearPlaces(server(members)).map(({ where }) => where)

describe('a reference', () => {
  it.each([
    '${env:TOKEN}',
    '${TOKEN}',
    '$TOKEN',
    '%TOKEN%',
    '${input:token}',
    'Bearer ${TOKEN}',
    '${TOKEN:-}',
  ])('is no credential: %s', (value) =>
    expect(clear({ env: { TOKEN: value }, headers: { Authorization: value } })).toEqual([]),
  )

  it.each(['${TOKEN:-', '${TOKEN-', '${env:TOKEN:-', '${TOKEN:='])(
    'may have one behind %s',
    (before) => {
      expect(clear({ env: { TOKEN: `${before}${VALUE}}` } })).toEqual([
        'environment variable TOKEN',
      ])
    },
  )
})

describe('an argument', () => {
  it.each([
    [['--api-key', VALUE], 'argument --api-key'],
    [[`--api-key=${VALUE}`], 'argument --api-key'],
    [['-e', `API_KEY=${VALUE}`], 'variable API_KEY among the arguments'],
    [[`API_KEY=${VALUE}`], 'variable API_KEY among the arguments'],
    [['--header', `X-Api-Key: ${VALUE}`], 'header X-Api-Key among the arguments'],
    [[`--header=X-Api-Key:${VALUE}`], 'header X-Api-Key among the arguments'],
    [
      ['https://a.example/mcp', `https://a.example/?token=${VALUE}`],
      'URL parameter token of the URL in argument 2',
    ],
  ])('is named by what it is for, %j', (args, where) => expect(clear({ args })).toEqual([where]))

  it('is the value of the option before it, whatever follows', () => {
    expect(clear({ args: ['--token', '--verbose', VALUE] })).toEqual([])
    expect(clear({ args: ['--token', '${TOKEN}', '--name', VALUE] })).toEqual([])
  })
})

describe('the same server', () => {
  const same = (...all: Partial<ConfiguredServer>[]) =>
    new Set(all.map((one) => identityOf(server(one)))).size === 1

  it('is the same by another version, credential, spelling of its URL, or behind a bridge', () => {
    const npx = (args: string[]) => ({ command: 'npx', args })
    expect(same(npx(['-y', '@a/b@1.0.0', '/x']), npx(['@a/b', '/x']))).toBe(true)
    expect(same(npx(['a', '--token', VALUE]), npx(['a', '--token']))).toBe(true)
    expect(same({ command: '/usr/bin/npx', args: ['a'] }, npx(['a']))).toBe(true)
    expect(
      same(
        { url: 'https://a.example/mcp' },
        { url: `https://a.example/mcp/?key=${VALUE}` },
        npx(['-y', 'mcp-remote@latest', 'https://a.example/mcp']),
      ),
    ).toBe(true)
  })

  it('is another one with another folder, path or program', () => {
    expect(same({ command: 'npx', args: ['a', '/x'] }, { command: 'npx', args: ['a', '/y'] })).toBe(
      false,
    )
    expect(same({ url: 'https://a.example/one' }, { url: 'https://a.example/two' })).toBe(false)
    expect(same({ command: 'uvx', args: ['a'] }, { command: 'npx', args: ['a'] })).toBe(false)
  })
})

describe('a path of another machine', () => {
  it('is not looked at on Windows, which would introduce its user there', async () => {
    const one = server({ command: process.execPath, raw: { cwd: '//evil.example/share' } })
    const found = async (platform: NodeJS.Platform) => {
      const where = { home: '/home/ann', env: {}, platform, folder: '/home/ann' }
      return (await startFindings(one, where)).map(({ code }) => code)
    }
    expect(await found('linux')).toContain('doctor.folder_missing')
    expect(await found('win32')).not.toContain('doctor.folder_missing')
  })
})

describe('a server that listens', () => {
  const tcp = [
    '  sl  local_address rem_address   st',
    '   0: 00000000:1F90 00000000:0000 0A 00000000:00000000',
    '   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000',
    '   2: 00000000:1F92 0200007F:0016 01 00000000:00000000',
  ].join('\n')

  it('is open where the system says so: on every address, and waiting for others', () => {
    expect([...openPorts((file) => (file.endsWith('tcp') ? tcp : ''))]).toEqual([8080])
    const found = (url: string) => exposureFindings(server({ url }), new Set([8080])).length
    expect(found('http://127.0.0.1:8080/mcp')).toBe(1)
    expect(found('http://localhost:8081/mcp')).toBe(0)
    expect(found('https://a.example:8080/mcp')).toBe(0)
    expect(found('http://0.0.0.0:9/mcp')).toBe(1)
  })

  it.each([
    [['--host', '0.0.0.0'], 1],
    [['--bind=::'], 1],
    [['--listen', '0.0.0.0:8080'], 1],
    [['run', '-p', '80:80', 'x'], 1],
    [['run', '-p', '127.0.0.1:80:80', 'x'], 0],
    [['--host', '127.0.0.1'], 0],
    [['-p', '8080'], 0],
  ])('is open by its arguments %j: %i', (args, count) =>
    expect(exposureFindings(server({ command: 'x', args }), new Set())).toHaveLength(count),
  )
})
