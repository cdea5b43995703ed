import { afterEach, beforeEach, expect, it } from 'vitest'
import { createPresence } from '../../main/headless/presence.ts'
import { type NpmRegistry, startNpmRegistry } from '../harness/npm-registry.ts'
import { refusal, startWorld, type World } from './world.ts'

/** A server that npx runs goes on to a newer version when a person says so, and not before. */

let stack: AsyncDisposableStack
let registry: NpmRegistry
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  registry = stack.use(await startNpmRegistry())
  publish('1.0.0')
})
afterEach(() => stack.disposeAsync())

const publish = (version: string) =>
  registry.publish(
    { name: 'tool', version, bin: 'tool.js' },
    { 'tool.js': `console.error('ran ${version} with ' + process.env.KEY); process.exit(3)` },
  )

const asked = (env = {}) => ({
  name: 'a',
  definition: { command: 'npx', args: ['-y', 'tool'], env: { ...registry.environment, ...env } },
})

const ran = async (world: World) =>
  (await refusal(world.call('servers:test', { name: 'a' }), 'server.start_failed')).message

it('stays at the version that was approved, and goes on with its secret when a person agrees', async () => {
  const world = stack.use(await startWorld())
  await world.call('secrets:set', { name: 'k', value: 'kept in the vault: 61b0' })
  await world.agree('servers:add', asked({ KEY: 'secret:k' }))
  const update = { name: 'a' }
  const unchanged = { package: 'tool', before: '1.0.0', version: '1.0.0', changed: false }
  expect(await world.call('servers:update', update)).toEqual(unchanged)

  publish('1.1.0')
  const { details } = await refusal(world.call('servers:update', update), 'presence.required')
  expect(details?.lines).toEqual(
    expect.arrayContaining([
      'in the place of version 1.0.0:',
      expect.stringMatching(/^of the package tool, version 1\.1\.0, sha512-/),
      'gets the secret k as KEY',
    ]),
  )
  publish('1.2.0')
  // What was agreed to is one version, and not whatever is the newest.
  const late = { ...update, confirm: details?.challenge }
  await refusal(world.call('servers:update', late), 'presence.required')
  expect(await ran(world)).toContain('ran 1.0.0')
  const changed = { package: 'tool', before: '1.0.0', version: '1.2.0', changed: true }
  expect(await world.agree('servers:update', update)).toEqual(changed)
  const now = { name: 'tool', version: '1.2.0' }
  expect(await world.call('servers:list', {})).toMatchObject([{ name: 'a', package: now }])
  expect(await ran(world)).toContain('ran 1.2.0 with [masked by Warder: secret:k]')
})

it('is updated only where it is of a registry’s package, and is the same when a person has agreed', async () => {
  const headless = createPresence()
  let meanwhile = async () => {}
  const world: World = stack.use(
    await startWorld({
      async confirm(action, answer) {
        if (action.kind === 'server.run') await meanwhile()
        return action.kind === 'server.run' || headless.confirm(action, answer)
      },
    }),
  )
  await refusal(world.call('servers:update', { name: 'a' }), 'server.unknown')
  const b = { name: 'b', definition: { command: process.execPath, args: [] } }
  await world.agree('servers:add', b)
  await refusal(world.call('servers:update', { name: 'b' }), 'usage.invalid')

  const fetching = registry.hold(/\.tgz$/)
  await world.agree('servers:add', asked())
  publish('1.1.0')
  const testing = refusal(world.call('servers:test', { name: 'a' }), 'server.start_failed')
  await fetching
  meanwhile = async () => void (await world.call('servers:remove', { name: 'a' }))
  const late = await refusal(world.call('servers:update', { name: 'a' }), 'usage.invalid')
  expect(late.message).toContain('was changed meanwhile')
  // Nor is anything fetched any more for a server that is gone.
  expect((await testing).message).toContain('somebody gave it up')
})
