import { describe, expect, it } from 'vitest'
import { configSchema } from '../../main/store/config-schema.ts'
import { changesOf, makeSetup, readSetup } from '../../main/wiring/setup/portable.ts'

const config = configSchema.parse({
  servers: {
    github: {
      url: 'https://a.example/mcp',
      headers: { Authorization: 'secret:gh' },
      auth: 'header',
    },
    files: { command: 'npx', args: ['-y', 'x', '/home/ann/notes'], cwd: '/home/ann' },
  },
  clients: { cursor: {} },
  rules: [
    { effect: 'allow', client: 'cursor', server: '*' },
    { effect: 'deny', client: 'cursor', server: 'github', tool: 'delete_*' },
  ],
  settings: { parkSeconds: 10 },
})
const accounts = [{ server: 'github', account: 'github/ann', issuer: 'https://id.example' }]
const made = () => makeSetup(config, accounts, { home: '/home/ann', now: new Date(0) })
const states = (here: unknown) =>
  changesOf(readSetup(JSON.stringify(made()), '/home/bob'), configSchema.parse(here)).map(
    ({ kind, name, state }) => `${kind} ${name} ${state}`,
  )

describe('a portable set-up', () => {
  it('names what it needs, and has the home directory of whoever reads it', () => {
    const setup = made()
    expect(setup).toMatchObject({ warderSetup: 1, secrets: ['gh'], accounts })
    expect(JSON.stringify(setup)).not.toContain('/home/ann')
    const read = readSetup(JSON.stringify(setup), '/home/bob')
    expect(read.config.servers.files).toEqual({
      command: 'npx',
      args: ['-y', 'x', '/home/bob/notes'],
      cwd: '/home/bob',
    })
    expect(read.config.servers.github).toEqual(config.servers.github)
  })

  it('is not made with a credential in it, and says where without saying what', () => {
    const token = `ghp_${'q7Rz2LmW9xKb4Vt8Yc3N'.repeat(2)}`.slice(0, 40)
    const bad = {
      ...config,
      clients: { cursor: { folders: [{ folder: `/x/${token}`, accounts: {} }] } },
    }
    const make = () => makeSetup(bad, [], { home: '/home/ann', now: new Date(0) })
    expect(make).toThrow(expect.objectContaining({ code: 'setup.secret_found' }))
    expect(make).toThrow('clients.cursor.folders.0.folder')
    expect(make).not.toThrow(token)
  })

  it('brings what is missing, changes nothing that is here, and denies before it allows', () => {
    expect(states({})).toEqual([
      'rule deny cursor at github new',
      'server github new',
      'server files new',
      'client cursor new',
      'setting parkSeconds new',
      'rule allow cursor at * new',
    ])
    expect(
      states({
        servers: { github: { url: 'https://other.example/mcp' } },
        clients: { cursor: {} },
        rules: [{ server: '*', client: 'cursor', effect: 'allow' }],
        settings: { parkSeconds: 20 },
      }),
    ).toEqual([
      'rule deny cursor at github new',
      'server github differs',
      'server files new',
      'client cursor same',
      'setting parkSeconds differs',
      'rule allow cursor at * same',
    ])
  })

  it.each(['', '{}', '[]', '{"warderSetup":2}', JSON.stringify({ ...made(), more: 1 })])(
    'is not %s',
    (text) =>
      expect(() => readSetup(text, '/home/bob')).toThrow(
        expect.objectContaining({ code: 'setup.invalid' }),
      ),
  )
})
