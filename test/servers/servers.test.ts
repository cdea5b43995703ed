import { describe, expect, it } from 'vitest'
import {
  describe as describeServer,
  destination,
  injections,
  pick,
  secretsOf,
} from '../../main/servers/servers.ts'
import { type ServerDefinition, serverSchema } from '../../main/store/config-schema.ts'

const server = (definition: unknown): ServerDefinition => serverSchema.parse(definition)
const lines = (definition: unknown) => describeServer({ name: 's', definition: server(definition) })

const local = {
  command: 'npx',
  args: ['-y', 'server@1.0.0', ''],
  env: { A: 'x', K: 'secret:k' },
  cwd: '/srv',
}
const remote = {
  url: 'https://a.example/mcp?x=1',
  auth: 'oauth',
  headers: { 'X-Key': 'secret:k', 'X-Live': 'grant:other', 'X-Plain': 'p' },
  oauth: {
    clientId: 'c',
    clientSecret: 'secret:s',
    redirectUri: 'http://127.0.0.1:7/cb',
    scopes: ['a', 'b'],
  },
  allowPrivateNetwork: true,
}
/** Each differs from `local` in one part. */
const otherLocals = [
  { ...local, command: 'npm' },
  { ...local, args: ['-y', 'server@1.0.1', ''] },
  { ...local, args: ['-y server@1.0.0', ''] },
  { ...local, args: ['-y', 'server@1.0.0'] },
  { ...local, args: ['server@1.0.0', '-y', ''] },
  { ...local, env: { ...local.env, A: 'y' } },
  { ...local, env: { ...local.env, B: 'x' } },
  { ...local, env: { K: 'secret:k' } },
  { ...local, env: { A: 'x', K: 'secret:j' } },
  { ...local, cwd: '/srv2' },
  { command: local.command, args: local.args, env: local.env },
  { ...local, command: 'npx -y', args: ['server@1.0.0', ''] },
]
const otherRemotes = [
  { ...remote, url: 'https://a.example/mcp?x=2' },
  { ...remote, auth: 'header' },
  { ...remote, auth: 'public' },
  { ...remote, headers: { ...remote.headers, 'X-Key': 'secret:j' } },
  { ...remote, headers: { ...remote.headers, 'X-Plain': 'q' } },
  { ...remote, headers: { 'X-Key': 'secret:k' } },
  { ...remote, oauth: { ...remote.oauth, clientId: 'd' } },
  { ...remote, oauth: { ...remote.oauth, clientSecret: 'secret:t' } },
  { ...remote, oauth: { ...remote.oauth, tokenEndpointAuthMethod: 'client_secret_post' } },
  { ...remote, oauth: { ...remote.oauth, redirectUri: 'http://127.0.0.1:8/cb' } },
  { ...remote, oauth: { ...remote.oauth, scopes: ['a b'] } },
  { ...remote, allowPrivateNetwork: false },
  { ...remote, allowedNetworks: ['10.0.0.0/8'] },
  { ...remote, allowedNetworks: ['10.0.0.0/8', 'fd12::/32'] },
]

describe('the destination of a secret', () => {
  it('is another one for every part of a command that changes', () => {
    const all = [local, ...otherLocals].map((definition) => destination(server(definition)))
    expect(new Set(all).size).toBe(all.length)
    for (const one of all) expect(one).toMatch(/^command:sha256:[0-9a-f]{64}$/)
  })

  it('does not depend on the order in which variables were written', () => {
    const turned = { ...local, env: { K: 'secret:k', A: 'x' } }
    expect(destination(server(turned))).toBe(destination(server(local)))
  })

  it('is the origin of a remote server', () => {
    const at = (url: string) => destination(server({ url }))
    expect(at('https://a.example/mcp')).toBe('origin:https://a.example')
    expect(at('https://A.example:443/other?x')).toBe('origin:https://a.example')
    for (const other of ['http://a.example/', 'https://a.example:444/', 'https://a.example.evil/'])
      expect(at(other)).not.toBe('origin:https://a.example')
  })
})

describe('what a definition injects', () => {
  it('is every reference and nothing plain', () => {
    expect(injections(server(remote))).toEqual([
      { name: 'X-Key', from: { kind: 'secret', name: 'k' }, into: 'header' },
      { name: 'X-Live', from: { kind: 'grant', server: 'other' }, into: 'header' },
    ])
    expect(injections(server(local))).toEqual([
      { name: 'K', from: { kind: 'secret', name: 'k' }, into: 'variable' },
    ])
    expect(secretsOf(server(remote))).toEqual(['k', 's'])
    const twice = { command: 'x', env: { A: 'secret:k', B: 'secret:k' } }
    expect(secretsOf(server(twice))).toEqual(['k'])
  })
})

describe('the description for a person', () => {
  it('says all of a local server', () => {
    expect(lines(local)).toEqual([
      's runs this program on this machine, with your rights:',
      '  npx -y server@1.0.0 ""',
      'in the folder /srv',
      'with A=x',
      'gets the secret k as K',
    ])
  })

  it('says all of a remote server', () => {
    expect(lines(remote)).toEqual([
      's is the remote server https://a.example/mcp?x=1',
      'gets the token of the account that you sign in with',
      'may be reached in any private network',
      'gets X-Plain: p',
      'gets the secret k as X-Key',
      'gets the live token of other as X-Live',
      'its provider knows Warder as c',
      'its provider gets the secret s',
      'its provider answers at http://127.0.0.1:7/cb',
      'its provider is asked for a b',
    ])
  })

  it('says what a local server may use, each limit by itself', () => {
    const limits = { memoryMiB: 512, processes: 8, openFiles: 64 }
    expect(lines({ ...local, limits })).toContain(
      'may use 512 MiB of memory, 8 processes, 64 open files in each process, with all that it starts',
    )
    expect(lines({ ...local, limits: { processes: 8 } })).toContain(
      'may use 8 processes, with all that it starts',
    )
    expect(lines({ ...local, limits: {} })).toEqual(lines(local))
  })

  it('differs wherever two definitions differ: an answer counts for its lines alone', () => {
    for (const [one, others] of [
      [local, otherLocals],
      [remote, otherRemotes],
    ] as const) {
      const all = [one, ...others].map((definition) => lines(definition).join('\n'))
      expect(new Set(all).size).toBe(all.length)
    }
  })

  it('cuts nothing', () => {
    const long = 'x'.repeat(10_240)
    expect(lines({ command: 'sh', args: ['-c', long, '--evil'] })[1]).toBe(`  sh -c ${long} --evil`)
  })

  it.each([
    ['a line break', 'a\nb', '"a\\nb"'],
    ['an escape sequence', 'a\u001b[2Jb', '"a\\u001b[2Jb"'],
    ['a C1 control', 'a\u009bb', '"a\\u{9b}b"'],
    ['a right-to-left override', 'txt.\u202Eexe', '"txt.\\u{202e}exe"'],
    ['an isolate', 'a\u2066b', '"a\\u{2066}b"'],
    ['an Arabic letter mark', 'a\u061Cb', '"a\\u{61c}b"'],
    ['a zero-width space', 'a\u200Bb', '"a\\u{200b}b"'],
    ['a word joiner', 'a\u2060b', '"a\\u{2060}b"'],
    ['a soft hyphen', 'a\u00ADb', '"a\\u{ad}b"'],
    ['a blank that is none', 'a\u00A0b', '"a\\u{a0}b"'],
    ['a filler', 'a\u3164b', '"a\\u{3164}b"'],
    ['a tag', 'a\u{E0041}b', '"a\\u{e0041}b"'],
    ['a line separator', 'a\u2028b', '"a\\u{2028}b"'],
    ['half a surrogate pair', 'a\ud800b', '"a\\ud800b"'],
    ['a quotation mark', 'a" "b', '"a\\" \\"b"'],
    ['a blank', 'a b', '"a b"'],
    ['nothing', '', '""'],
    ['a letter that looks like another', 'n\u043ede', '"n\u043ede"'],
    ['a shell’s characters', '$(x);`y`', '"$(x);`y`"'],
  ])('shows %s', (_what, argument, shown) => {
    expect(lines({ command: 'run', args: [argument] })[1]).toBe(`  run ${shown}`)
  })
})

describe('picking a server', () => {
  it('takes what the configuration says and names what there is', () => {
    const servers = { b: server(local), a: server(remote) }
    expect(pick(servers, 'a')).toEqual({ name: 'a', definition: servers.a })
    expect(() => pick(servers, 'constructor')).toThrow(
      'There is no server constructor. There are: a, b.',
    )
    expect(() => pick({}, 'x')).toThrow(expect.objectContaining({ code: 'server.unknown' }))
  })
})
