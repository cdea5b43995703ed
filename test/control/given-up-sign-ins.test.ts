import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Output } from '../../preload/contract/index.ts'
import { type ScriptedProvider, startScriptedProvider } from '../oauth/support/scripted-provider.ts'
import { refusal, startWorld, type World } from './world.ts'

/** A person left a sign-in open somewhere: what narrows trust ends it, and coming back to it makes no grant. */

async function waiting(world: World, provider: ScriptedProvider) {
  await world.call('servers:add', { name: 'notes', definition: { url: provider.serverUrl } })
  const { flow, url } = (await world.call('accounts:connect', {
    server: 'notes',
  })) as Output<'accounts:connect'>
  const outcome = refusal(world.call('accounts:connected', { flow }), 'oauth.sign_in_abandoned')
  const { searchParams: request } = new URL(url ?? '')
  const answer = { code: 'the-code', state: request.get('state') ?? '', iss: provider.origin }
  return { outcome, address: `${request.get('redirect_uri')}?${new URLSearchParams(answer)}` }
}

it.each([
  ['everything is stopped', async (world: World) => void (await world.call('stop:now', {}))],
  [
    'its server is removed',
    async (world: World) => void (await world.call('servers:remove', { name: 'notes' })),
  ],
  [
    'its server is taken out of config.json by hand',
    async (world: World) => {
      const file = path.join(world.home, 'config.json')
      const { servers: _gone, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
      writeFileSync(file, JSON.stringify(rest))
    },
  ],
])('is given up when %s', async (_what, narrow) => {
  await using provider = await startScriptedProvider()
  await using world = await startWorld()
  const { outcome, address } = await waiting(world, provider)
  await narrow(world)
  await outcome
  await expect(fetch(address)).rejects.toThrow()
  expect(provider.to('/token')).toEqual([])
  expect(await world.call('accounts:list', {})).toEqual([])
})

it('stays given up after a person resumed', async () => {
  await using provider = await startScriptedProvider()
  await using world = await startWorld()
  const { outcome, address } = await waiting(world, provider)
  await world.call('stop:now', {})
  await outcome
  await world.agree('stop:resume', {})
  await expect(fetch(address)).rejects.toThrow()
  expect(await world.call('accounts:list', {})).toEqual([])
})
