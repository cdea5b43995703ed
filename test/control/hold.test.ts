import { expect, it } from 'vitest'
import { channels, type Output } from '../../preload/contract/index.ts'
import { refusal, startWorld, type World } from './world.ts'

const opening = {
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  },
}

async function open(world: World) {
  const { bearer } = (await world.agree('clients:add', { name: 'desk' })) as Output<'clients:add'>
  let session: string | null = null
  return async (message: object) => {
    const answer = await fetch(`${world.companion.http}/mcp/notes`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(session === null ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
    })
    session ??= answer.headers.get('mcp-session-id')
    return answer.text()
  }
}

for (const { begin, end, code, words, rule } of [
  {
    begin: 'hold:pause',
    end: 'hold:resume',
    code: 'policy.paused',
    words: 'Every call is paused',
    rule: 'every call is paused',
  },
  {
    begin: 'hold:lock',
    end: 'hold:unlock',
    code: 'policy.locked',
    words: 'Warder is locked',
    rule: 'Warder is locked',
  },
])
  it(`${begin} refuses every call with ${code}, in the audit too, until a person ends it`, async () => {
    await using world = await startWorld()
    const send = await open(world)
    await world.call(begin, {})
    expect(await send(opening)).toContain(words)
    expect(await send({ method: 'tools/list' })).toContain(code)
    await refusal(world.call(end, {}), 'presence.required')
    await world.agree(end, {})
    expect(await send({ method: 'tools/list' })).not.toContain(code)
    expect(await world.call('audit:query', {})).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ method: 'tools/list', outcome: 'denied', code }),
        expect.objectContaining({ method: 'tools/list', decision: 'deny', rule }),
      ]),
    )
    await refusal(world.call(end, {}), 'usage.invalid')
  })

it('a pause leaves the window as it is, a lock answers only what narrows', async () => {
  await using world = await startWorld()
  await world.call('hold:pause', {})
  expect(await world.call('servers:list', {})).toEqual([])
  await world.call('hold:lock', {})
  expect(await world.call('status:get', {})).toMatchObject({
    paused: expect.any(String),
    locked: expect.any(String),
  })
  const answered: string[] = []
  for (const channel of Object.keys(channels))
    await world.call(channel, null).catch((error: { code: string }) => {
      // An input that is no input is refused as such only where the lock lets it through.
      if (error.code !== 'policy.locked') answered.push(channel)
    })
  expect(answered).toEqual([
    'status:get',
    'servers:remove',
    'secrets:remove',
    'accounts:cancel',
    'accounts:revoke',
    'stop:now',
    'hold:pause',
    'hold:lock',
    'hold:unlock',
    'clients:remove',
    'exports:cancel',
    'ui:open',
  ])
  await world.agree('hold:unlock', {})
  expect(await world.call('status:get', {})).toMatchObject({
    paused: expect.any(String),
    locked: null,
  })
})

it('asks nobody to lock with the screen, and a person to stop doing so', async () => {
  await using world = await startWorld()
  await world.call('hold:screen', { lock: false })
  await world.call('hold:screen', { lock: true })
  expect(await world.call('status:get', {})).toMatchObject({ lockWithScreen: true })
  await refusal(world.call('hold:screen', { lock: false }), 'presence.required')
  await world.agree('hold:screen', { lock: false })
  expect(await world.call('status:get', {})).toMatchObject({ lockWithScreen: false })
})

it('tells the window, and keeps the audit from it while locked', async () => {
  await using world = await startWorld()
  const send = await open(world)
  const heard: string[] = []
  world.companion.control.on('state:changed', ({ area }) => heard.push(area))
  world.companion.control.on('audit:appended', () => heard.push('audit'))
  await world.call('hold:lock', {})
  expect(heard).toContain('status')
  await send(opening)
  expect(heard).not.toContain('audit')
  await world.agree('hold:unlock', {})
  await send({ method: 'tools/list' })
  expect(heard).toContain('audit')
})
