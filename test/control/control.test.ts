import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { channels } from '../../preload/contract/index.ts'
import { overSocket, refusal, startWorld, type World } from './world.ts'

const VALUE = 'hunter2-hunter2-hunter2'
const json = { 'content-type': 'application/json' }
const config = (world: World) => path.join(world.home, 'config.json')

/** Writes the file as an editor does, and resolves when the companion has seen it. */
describe('the control API', () => {
  it('knows its channels and nothing else', async () => {
    await using world = await startWorld()
    for (const channel of ['', 'status', 'status:set', 'constructor', '__proto__', 'toString'])
      await refusal(world.call(channel, {}), 'usage.unknown_channel')
  })

  it('refuses an object that poses as a string and has members of its own to be called', async () => {
    await using world = await startWorld()
    const name = { length: { toString: 1, valueOf: 1 } }
    await refusal(world.call('servers:remove', { name }), 'usage.invalid')
  })

  it('names the field that is wrong on every channel, and never repeats what was in it', async () => {
    await using world = await startWorld()
    for (const channel of Object.keys(channels))
      for (const input of [VALUE, [VALUE], { [VALUE]: 1 }, null]) {
        const error = await refusal(world.call(channel, input), 'usage.invalid')
        expect(error.message).toContain(channel)
        expect(JSON.stringify([error.message, error.details])).not.toContain(VALUE)
      }
    const tooMuch = { name: 'k', value: VALUE, server: 5 }
    expect((await refusal(world.call('secrets:set', tooMuch), 'usage.invalid')).message).toBe(
      'secrets:set: server is not valid.',
    )
  })

  it('passes the codes of the rooms on', async () => {
    await using world = await startWorld()
    await refusal(world.call('servers:remove', { name: 'none' }), 'server.unknown')
    await refusal(world.call('servers:test', { name: 'none' }), 'server.unknown')
    await refusal(world.call('secrets:remove', { name: 'none' }), 'secret.unknown')
    await refusal(world.call('clients:remove', { name: 'none' }), 'client.unknown')
    await refusal(world.call('accounts:revoke', { account: 'none' }), 'grant.unknown')
    await refusal(world.call('approvals:decide', { id: 'none', approve: true }), 'approval.unknown')
    await refusal(world.call('clients:add', { name: 'Not A Name' }), 'usage.invalid')
  })
})

describe('the control socket', () => {
  it.runIf(process.platform !== 'win32')('is for this user alone', async () => {
    await using world = await startWorld()
    const { sockets } = world.companion
    expect(statSync(sockets).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(sockets, 'control.sock')).mode & 0o777).toBe(0o600)
  })

  it('speaks HTTP, and refuses in JSON what is no call', async () => {
    await using world = await startWorld()
    const { companion } = world
    const call = (url: string, more: object = {}) =>
      overSocket(companion, { url, headers: json, body: '{}', ...more })
    expect(await call('/api/status:get')).toMatchObject({
      status: 200,
      body: { shell: 'headless' },
    })
    const wrong = async (answer: Promise<unknown>, status: number, code: string) =>
      expect(await answer).toMatchObject({ status, body: { code } })
    await wrong(call('/'), 400, 'usage.unknown_channel')
    await wrong(call('/api/status:get', { method: 'PUT' }), 400, 'usage.unknown_channel')
    await wrong(call('/api/no:such'), 400, 'usage.unknown_channel')
    await wrong(call('/api/status:get?x=1'), 400, 'usage.unknown_channel')
    await wrong(call('/api/status:get', { headers: {} }), 400, 'usage.invalid')
    await wrong(call('/api/status:get', { body: `{"${VALUE}` }), 400, 'usage.invalid')
    await wrong(
      call('/api/status:get', { body: `"${'x'.repeat(1_048_576)}"` }),
      400,
      'usage.invalid',
    )
    await wrong(call('/api/servers:remove', { body: '{"name":"none"}' }), 404, 'server.unknown')
    await wrong(call('/api/clients:add', { body: '{"name":"cursor"}' }), 409, 'presence.required')
    const broken = await call('/api/status:get', { body: `{"${VALUE}` })
    expect(JSON.stringify(broken)).not.toContain(VALUE)
  })
})

describe('letting a client in', () => {
  it('asks, shows the bearer once, and takes it all back', async () => {
    await using world = await startWorld()
    await world.edit({ rules: [{ effect: 'deny', client: 'cursor', server: 'x' }] })
    const added = (await world.agree('clients:add', { name: 'cursor' })) as { bearer: string }
    expect(added).toMatchObject({ client: { name: 'cursor', state: 'active' } })
    expect(added.bearer).toMatch(/^wdr_/)
    expect(JSON.stringify(await world.call('clients:list', {}))).not.toContain(added.bearer)
    await refusal(world.call('clients:add', { name: 'cursor' }), 'client.exists')
    expect(JSON.parse(readFileSync(config(world), 'utf8'))).toMatchObject({
      clients: { cursor: {} },
      rules: [{ effect: 'deny' }, { effect: 'allow', client: 'cursor', server: '*' }],
    })
    await world.call('clients:remove', { name: 'cursor' })
    expect(await world.call('clients:list', {})).toEqual([])
    // A rule that denies is nobody's to remove but a person's.
    expect(JSON.parse(readFileSync(config(world), 'utf8')).rules).toEqual([
      { effect: 'deny', client: 'cursor', server: 'x' },
    ])
    expect(await world.call('approvals:list', {})).toEqual([])
  })

  it('named like something every object has works like any other', async () => {
    await using world = await startWorld()
    const added = await world.agree('clients:add', { name: 'constructor' })
    expect(added).toMatchObject({
      client: { name: 'constructor', socket: expect.stringContaining('client-constructor') },
    })
  })
})

describe('a server and its secret', () => {
  const definition = {
    url: 'https://a.example/mcp',
    auth: 'header',
    headers: { 'X-Key': 'secret:k' },
  }

  it('is added after a question that says all of it; the yes counts for nothing else', async () => {
    await using world = await startWorld()
    await refusal(world.call('servers:add', { name: 'a', definition }), 'secret.unknown')
    await world.call('secrets:set', { name: 'k', value: VALUE })
    await world.call('secrets:set', { name: 'other', value: `${VALUE}-other` })
    const asked = await refusal(
      world.call('servers:add', { name: 'a', definition }),
      'presence.required',
    )
    expect(asked.details).toMatchObject({
      title: 'Add the server a',
      lines: expect.arrayContaining(['gets the secret k as X-Key']),
    })
    const confirm = asked.details?.challenge
    for (const changed of [
      { ...definition, url: 'https://b.example/mcp' },
      { ...definition, headers: { ...definition.headers, 'X-More': 'plain' } },
      { ...definition, oauth: { clientSecret: 'secret:other' } },
    ]) {
      const again = await refusal(
        world.call('servers:add', { name: 'a', definition: changed, confirm }),
        'presence.required',
      )
      expect(again.details?.challenge).not.toBe(confirm)
    }
    await refusal(
      world.call('servers:add', { name: 'a', definition, confirm }),
      'presence.required',
    )
    expect(await world.agree('servers:add', { name: 'a', definition })).toMatchObject({ name: 'a' })
    expect(await world.call('secrets:list', {})).toMatchObject([
      { name: 'k', server: 'a' },
      { name: 'other', server: null },
    ])
    await refusal(world.call('secrets:remove', { name: 'k' }), 'secret.in_use')
  })

  it('in clear is refused before anybody is asked, and not repeated', async () => {
    await using world = await startWorld()
    const clear = { ...definition, headers: { Authorization: VALUE } }
    const error = await refusal(
      world.call('servers:add', { name: 'a', definition: clear }),
      'config.secret_in_clear',
    )
    expect(error.message).not.toContain(VALUE)
    expect(
      (
        await refusal(
          world.call('servers:add', { name: 'a', definition: { url: 5, heders: VALUE } }),
          'usage.invalid',
        )
      ).message,
    ).not.toContain(VALUE)
    expect(await world.call('servers:list', {})).toEqual([])
  })

  it('that changed while a person was reading gets no secret', async () => {
    let reading = async () => {}
    await using world = await startWorld({
      async confirm() {
        await reading()
        return true
      },
    })
    await world.call('secrets:set', { name: 'k', value: VALUE })
    await world.edit({ servers: { a: definition } })
    const [shown] = (await world.call('approvals:list', {})) as { id: string }[]
    reading = () => world.edit({ servers: { a: { ...definition, url: 'https://evil.example/' } } })
    await refusal(
      world.call('approvals:decide', { id: shown?.id, approve: true }),
      'approval.unknown',
    )
    expect(await world.call('secrets:list', {})).toMatchObject([{ name: 'k', server: null }])
    expect(await world.call('servers:list', {})).toMatchObject([{ name: 'a', state: 'held' }])
  })

  it('held in config.json can be approved, and denied', async () => {
    await using world = await startWorld()
    await world.call('secrets:set', { name: 'k', value: VALUE })
    await world.edit({ servers: { a: definition, b: { command: 'b' } } })
    const [first, second] = (await world.call('approvals:list', {})) as { id: string }[]
    await world.agree('approvals:decide', { id: first?.id, approve: true })
    expect(await world.call('approvals:decide', { id: second?.id, approve: false })).toEqual([])
    expect(JSON.parse(readFileSync(config(world), 'utf8'))).toEqual({ servers: { a: definition } })
    expect(await world.call('secrets:list', {})).toMatchObject([{ name: 'k', server: 'a' }])
  })

  it('held in config.json is named as waiting, not as unknown', async () => {
    await using world = await startWorld()
    await world.edit({ servers: { b: { command: 'b' } } })
    await refusal(
      world.call('secrets:set', { name: 'k', value: VALUE, server: 'b' }),
      'server.held',
    )
    await refusal(world.call('accounts:connect', { server: 'b' }), 'server.held')
    await refusal(world.call('accounts:revoke', { server: 'c' }), 'server.unknown')
  })

  it('is refused where a person says no', async () => {
    await using world = await startWorld({ confirm: async () => false })
    await refusal(world.call('clients:add', { name: 'cursor' }), 'presence.refused')
    await refusal(
      world.call('servers:add', { name: 'a', definition: { command: process.execPath } }),
      'presence.refused',
    )
    expect(readFileSync(config(world), 'utf8')).not.toContain('cursor')
  })
})
