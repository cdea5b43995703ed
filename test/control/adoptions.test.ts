import { chmod, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { formsOf } from '../../main/audit/mask.ts'
import type { Presence } from '../../main/ports.ts'
import type { Output } from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'
import { write } from '../wiring/house.ts'
import { refusal, startWorld, type World } from './world.ts'

const VALUE = 'q7Rz2LmW9xKb4Vt8Yc3N'
const url = 'https://notes.example/mcp'

/** A user whose Cursor has a credential in the clear, and a person who is asked in a window: `meanwhile` goes on behind it. */
async function scene(meanwhile: (world: World) => unknown) {
  await using stack = new AsyncDisposableStack()
  const user = stack.use(await testHome())
  const file = await write(
    path.join(user.path, '.cursor/mcp.json'),
    JSON.stringify({ mcpServers: { notes: { url, headers: { 'X-Api-Key': VALUE } } } }),
  )
  const presence: Presence = {
    async confirm({ kind }) {
      if (kind === 'adoption.adopt') await meanwhile(world)
      return true
    },
  }
  const world: World = stack.use(
    await startWorld(presence, undefined, {
      vault: 'file',
      passphrase: async () => 'correct horse battery staple',
      env: { HOME: user.path },
    }),
  )
  const kept = stack.move()
  return { world, file, user, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

it.each([
  [
    'secret',
    (world: World) => world.call('secrets:set', { name: 'notes-x-api-key', value: 'mine' }),
  ],
  ['server', (world: World) => world.call('servers:add', { name: 'notes', definition: { url } })],
  [
    'server that waits for approval',
    (world: World) =>
      world.edit({ servers: { notes: { command: process.execPath, args: ['mine.js'] } } }),
  ],
])(
  'a %s that came while a person was asked is not overwritten, and nothing is moved',
  async (_, meanwhile) => {
    await using at = await scene(meanwhile)
    const before = await readFile(at.file, 'utf8')
    await refusal(at.world.call('adoptions:adopt', {}), 'adoption.name_taken')
    expect(await readFile(at.file, 'utf8')).toBe(before)
    const secrets = (await at.world.call('secrets:list', {})) as Output<'secrets:list'>
    const config = await readFile(path.join(at.world.home, 'config.json'), 'utf8')
    expect(secrets.map(({ name }) => name)).toEqual(_ === 'secret' ? ['notes-x-api-key'] : [])
    expect(config.includes('"notes"')).toBe(_ !== 'secret')
    expect(config).not.toContain('secret:')
    await refusal(at.world.call('adoptions:undo', {}), 'adoption.none')
  },
)

describe('what the vault keeps', () => {
  const KEPT = 'harmless words "and" more'

  it('is found in the clients’ files in every encoding, by its name, and never shown', async () => {
    await using at = await scene(() => {})
    await at.world.call('secrets:set', { name: 'kept2', value: KEPT })
    const base64 = Buffer.from(`me:${KEPT}`).toString('base64')
    const entries = {
      plain: { command: 'x', env: { NOTES: KEPT } },
      basic: { url, headers: { 'X-Note': `Basic ${base64}` } },
      address: { url: `${url}?note=${encodeURIComponent(KEPT)}` },
      none: { command: 'x', env: { NOTES: 'others' } },
    }
    const folder = path.join(at.user.path, 'project')
    const file = await write(
      path.join(folder, '.mcp.json'),
      JSON.stringify({ mcpServers: entries }),
    )
    await write(path.join(at.user.path, '.codex/config.toml'), `# ${KEPT}\n`)
    const found = (await at.world.call('doctor:vault', {
      folder,
    })) as Output<'doctor:vault'>
    expect(
      found.map(({ file, server, where }) => [path.basename(file ?? ''), server, where]),
    ).toEqual([
      [path.basename(file), 'plain', 'environment variable NOTES'],
      [path.basename(file), 'basic', 'header X-Note'],
      [path.basename(file), 'address', 'URL'],
      ['config.toml', null, 'line 1'],
    ])
    for (const { code, message } of found) {
      expect(code).toBe('doctor.vault_value')
      expect(message).toContain('the secret kept2 ')
    }
    expect(formsOf(KEPT).filter((form) => JSON.stringify(found).includes(form))).toEqual([])

    // A name that says nothing keeps none of them from being moved.
    const adopted = (await at.world.call('adoptions:adopt', {
      folder,
    })) as Output<'adoptions:adopt'>
    expect(adopted.servers.map(({ name }) => name)).toEqual(['notes', 'basic', 'address'])
    expect(adopted.left.map(({ name }) => name)).toEqual(['plain'])
    const text = await readFile(file, 'utf8')
    expect(text).toContain('plain')
    for (const form of [base64, encodeURIComponent(KEPT)]) expect(text).not.toContain(form)
    const config = await readFile(path.join(at.world.home, 'config.json'), 'utf8')
    expect(formsOf(KEPT).filter((form) => config.includes(form))).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('what others could read', () => {
  it('is taken from them, but for a project’s files, and given back', async () => {
    await using at = await scene(() => {})
    const folder = path.join(at.user.path, 'project')
    const entry = {
      mcpServers: { tool: { command: 'no-such-program', env: { API_TOKEN: VALUE } } },
    }
    const shared = await write(path.join(folder, '.mcp.json'), JSON.stringify(entry))
    const stays = await write(
      path.join(at.user.path, '.gemini/settings.json'),
      JSON.stringify(entry),
    )
    const files = [at.file, shared, stays]
    for (const file of files) await chmod(file, 0o644)
    const before = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    const modes = async () =>
      Promise.all(files.map(async (file) => ((await stat(file)).mode & 0o777).toString(8)))

    const adopted = (await at.world.call('adoptions:adopt', {
      folder,
    })) as Output<'adoptions:adopt'>
    expect(adopted.rights).toEqual(
      [at.file, stays].map((file) => ({ file, was: '0644', now: '0600' })),
    )
    expect(await modes()).toEqual(['600', '644', '600'])
    expect(await readFile(at.file, 'utf8')).not.toContain(VALUE)

    await at.world.call('adoptions:undo', {})
    expect(await modes()).toEqual(['644', '644', '644'])
    expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(before)
  })
})

it('leaves a server that Warder would not dial, and says so before anything is moved', async () => {
  await using at = await scene(() => {})
  const headers = { 'X-Api-Key': VALUE }
  const mcpServers = { near: { url: 'http://192.168.1.7/mcp', headers } }
  await write(path.join(at.user.path, '.gemini/settings.json'), JSON.stringify({ mcpServers }))
  const { servers, left } = (await at.world.call('adoptions:adopt', {
    dryRun: true,
  })) as Output<'adoptions:adopt'>
  expect(servers.map(({ name }) => name)).toEqual(['notes'])
  expect(left).toMatchObject([{ name: 'near', code: 'net.url_refused' }])
})

it('moves what several clients have alike once, where a person asks for that', async () => {
  await using at = await scene(() => {})
  const one = { url: 'https://docs.example/mcp' }
  const put = (file: string, other: object) =>
    write(path.join(at.user.path, file), JSON.stringify({ mcpServers: { docs: one, other } }))
  await put('.codeium/windsurf/mcp_config.json', { url: 'https://other.example/mcp' })
  await put('.gemini/settings.json', {
    url: 'https://other.example/mcp',
    headers: { 'X-Team': 'a' },
  })
  const moved = async (duplicates: boolean) => {
    const input = { dryRun: true, duplicates }
    const { servers } = (await at.world.call('adoptions:adopt', input)) as Output<'adoptions:adopt'>
    return servers.map(({ name, from }) => [name, from.map(({ client }) => client)])
  }
  expect(await moved(false)).toEqual([['notes', ['cursor']]])
  // Those that differ are two, and nobody can say which one should stay.
  expect(await moved(true)).toEqual([
    ['notes', ['cursor']],
    ['docs', ['windsurf', 'gemini']],
  ])
})
