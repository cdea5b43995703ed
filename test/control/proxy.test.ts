import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../main/store/config-parse.ts'
import type { ApprovalView, SecretView } from '../../preload/contract/index.ts'
import { type ConnectProxy, startConnectProxy } from '../harness/connect-proxy.ts'
import { refusal, startWorld, type World } from './world.ts'

let proxy: ConnectProxy
beforeAll(async () => {
  proxy = await startConnectProxy({ reach: () => 1, credentials: 'me:other-password' })
})
afterAll(() => proxy[Symbol.asyncDispose]())

const settings = () => ({
  proxy: { url: proxy.url, username: 'me', password: 'secret:proxy' },
})
const write = async (world: World, config: object) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const off = world.companion.control.on('state:changed', () => resolve())
  writeFileSync(path.join(world.home, 'config.json'), JSON.stringify(config))
  await promise
  off()
  return (await world.call('approvals:list', {})) as ApprovalView[]
}
const bound = async (world: World) =>
  ((await world.call('secrets:list', {})) as SecretView[]).map(({ name, server }) => [name, server])

describe('a proxy in config.json', () => {
  it('is used once a person approved it, and only then gets its password', async () => {
    await using world = await startWorld()
    await world.call('secrets:set', { name: 'proxy', value: 'proxy-password' })
    const servers = { far: { url: 'https://192.88.98.1/mcp', auth: 'public' } }
    const [waiting] = await write(world, { servers, settings: settings() })
    expect(waiting).toMatchObject({ kind: 'proxy', title: 'Go through another proxy' })
    expect(proxy.connections()).toBe(0)
    expect(await bound(world)).toEqual([['proxy', null]])

    await world.agree('approvals:decide', { id: waiting?.id, approve: true })
    expect(await bound(world)).toEqual([['proxy', 'settings:proxy']])
    await refusal(world.call('servers:test', { name: 'far' }), 'net.proxy_auth')
    expect(proxy.asked).toEqual(['192.88.98.1:443'])
    const given = Buffer.from('me:proxy-password').toString('base64')
    expect(proxy.authorizations).toEqual([`Basic ${given}`])

    await world.call('secrets:set', { name: 'proxy', value: 'another-password' })
    expect(await bound(world)).toEqual([['proxy', 'settings:proxy']])
    await refusal(world.call('secrets:remove', { name: 'proxy' }), 'secret.in_use')
  })

  it('goes out of the file again where a person says no', async () => {
    await using world = await startWorld()
    const [waiting] = await write(world, { settings: settings() })
    await world.call('approvals:decide', { id: waiting?.id, approve: false })
    const file = readFileSync(path.join(world.home, 'config.json'), 'utf8')
    expect(JSON.parse(file)).toEqual({ settings: {} })
  })

  it('with a password in its URL is no configuration, and the password is not repeated', () => {
    const text = JSON.stringify({ settings: { proxy: { url: 'http://me:canary@proxy.example' } } })
    expect(() => parseConfig(text)).toThrow(
      /^config\.json, line 1: settings\.proxy\.url: (?!.*canary).*without a name and password/,
    )
  })
})
