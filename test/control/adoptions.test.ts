import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
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
