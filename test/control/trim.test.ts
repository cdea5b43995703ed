import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { refusal, startWorld, type World } from './world.ts'

const tool = { client: 'cursor', server: 'notes', tool: 'delete_all' }
const deny = { effect: 'deny', ...tool }

const rules = (world: World) =>
  JSON.parse(readFileSync(path.join(world.home, 'config.json'), 'utf8')).rules

async function start() {
  const world = await startWorld()
  await world.agree('clients:add', { name: 'cursor' })
  await world.call('servers:add', {
    name: 'notes',
    definition: { url: 'https://notes.example/mcp' },
  })
  return world
}

it('takes a tool from a client at once, and gives it back when a person agrees', async () => {
  await using world = await start()
  const [allow] = rules(world)
  await world.call('clients:trim', { ...tool, hide: true })
  await world.call('clients:trim', { ...tool, hide: true })
  expect(rules(world)).toEqual([allow, deny])

  const back = { ...tool, hide: false }
  await refusal(world.call('clients:trim', back), 'presence.required')
  expect(rules(world)).toEqual([allow, deny])
  await world.agree('clients:trim', back)
  expect(rules(world)).toEqual([allow])
})

it('leaves every other rule alone', async () => {
  await using world = await start()
  const [allow] = rules(world)
  const wider = { effect: 'deny', client: 'cursor', server: 'notes', tool: 'delete_*' }
  const other = { effect: 'deny', client: 'cursor', server: 'notes', resource: 'delete_all' }
  await world.edit({
    ...JSON.parse(readFileSync(path.join(world.home, 'config.json'), 'utf8')),
    rules: [allow, wider, other],
  })
  const error = await refusal(world.call('clients:trim', { ...tool, hide: false }), 'usage.invalid')
  expect(error.message).toContain('look at the rules')
  await world.call('clients:trim', { ...tool, hide: true })
  await world.agree('clients:trim', { ...tool, hide: false })
  expect(rules(world)).toEqual([allow, wider, other])
})

it('refuses a client and a server that are not there, and a name that a rule would read as many', async () => {
  await using world = await start()
  const trim = (change: object) => world.call('clients:trim', { ...tool, hide: true, ...change })
  await refusal(trim({ client: 'constructor' }), 'client.unknown')
  await refusal(trim({ server: 'other' }), 'server.unknown')
  for (const name of ['delete_*', 'delete_?']) await refusal(trim({ tool: name }), 'usage.invalid')
})
