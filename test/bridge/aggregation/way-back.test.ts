import { describe, expect, it } from 'vitest'
import { createWayBack } from '../../../main/bridge/aggregation/way-back.ts'
import { type Line, startWorld, type World } from '../support/world.ts'
import { type Said, talker } from './support/talker.ts'

/** What two servers say to one client, each as if it were alone. */

async function startScene() {
  await using stack = new AsyncDisposableStack()
  const world: World = stack.use(
    await startWorld({ a: talker('a'), b: talker('b', { resources: { subscribe: true } }) }),
  )
  const line = await world.line(undefined)
  stack.defer(() => line.close())
  line.send('{"warder":1}')
  await line.open()
  await line.call('tools/list')
  const kept = stack.move()
  return { world, line, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const next = async (line: Line): Promise<Said> => JSON.parse((await line.next()) ?? 'null')

/** Has a server say something in the course of a call that it does not answer. */
function have(line: Line, server: string, lines: readonly string[], id = `of ${server}`): void {
  const params = {
    name: `${server}__hold`,
    arguments: { lines },
    _meta: { progressToken: `t ${id}` },
  }
  line.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }))
}

const asks = (id: string, params = '') =>
  `{"jsonrpc":"2.0","id":${id},"method":"roots/list"${params && `,"params":${params}`}}`
const tells = (method: string, params: object) =>
  JSON.stringify({ jsonrpc: '2.0', method: `notifications/${method}`, params })

describe('what servers ask the client', () => {
  it('has ids that never meet, and answers that find their way back', async () => {
    await using scene = await startScene()
    const { line } = scene
    have(line, 'a', [asks('1')])
    const ofA = await next(line)
    have(line, 'b', [asks('1')])
    const ofB = await next(line)
    expect([ofA.method, ofB.method]).toEqual(['roots/list', 'roots/list'])
    expect(ofA.id).not.toBe(ofB.id)
    for (const [asked, name] of [
      [ofB, 'b'],
      [ofA, 'a'],
    ] as const) {
      line.send(JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: { roots: [{ of: name }] } }))
      const { params } = await next(line)
      expect(params?.data).toBe(
        `${name} {"jsonrpc":"2.0","id":1,"result":{"roots":[{"of":"${name}"}]}}`,
      )
    }
    const rows = scene.world.house.rows().filter(({ method }) => method === 'roots/list')
    expect(rows.map(({ server, phase, outcome }) => [server, phase, outcome])).toEqual([
      ['a', 'intent', null],
      ['b', 'intent', null],
      ['b', 'outcome', 'ok'],
      ['a', 'outcome', 'ok'],
    ])
  })

  it.each([
    ['a bare id of a server', '"warder-1"'],
    ['a server that there is not', '"c.1/\\"warder-1\\""'],
    ['another server', '"b.2/\\"warder-1\\""'],
    ['no JSON', '"a.1/{"'],
    ['an object', '"a.1/{}"'],
  ])('is not answered by an answer to %s', async (_what, id) => {
    await using scene = await startScene()
    const { line } = scene
    have(line, 'a', [asks('1')])
    await next(line)
    line.send(`{"jsonrpc":"2.0","id":${id},"result":{}}`)
    expect(await line.call('ping')).toMatchObject({ result: {} })
    const rows = scene.world.house.rows().filter(({ method }) => method === 'roots/list')
    expect(rows.map(({ phase }) => phase)).toEqual(['intent'])
  })

  it('is given up under the id that the client knows', async () => {
    await using scene = await startScene()
    const { line } = scene
    have(line, 'a', [asks('"x"')])
    const asked = await next(line)
    have(line, 'a', [tells('cancelled', { requestId: 'x', reason: 'late' })], 'another')
    const { method, params } = await next(line)
    expect([method, params]).toEqual([
      'notifications/cancelled',
      { requestId: asked.id, reason: 'late' },
    ])
  })

  it('gets its progress under the token that it chose itself', async () => {
    await using scene = await startScene()
    const { line } = scene
    const meta = '{"_meta":{"progressToken":7}}'
    have(line, 'a', [asks('1', meta)])
    const [ofA] = [await next(line)]
    have(line, 'b', [asks('1', meta)])
    const ofB = await next(line)
    const tokenOf = ({ params }: Said) =>
      (params?._meta as { progressToken: string } | undefined)?.progressToken
    expect(tokenOf(ofA)).not.toBe(tokenOf(ofB))
    line.send(tells('progress', { progressToken: tokenOf(ofB), progress: 1 }))
    const { params } = await next(line)
    expect(params?.data).toBe(`b ${tells('progress', { progressToken: 7, progress: 1 })}`)
  })
})

describe('progress', () => {
  it('is passed on of the own call, and of no other', async () => {
    await using scene = await startScene()
    const { line } = scene
    have(line, 'a', [])
    const stranger = tells('progress', { progressToken: 't of a', progress: 9 })
    const own = tells('progress', { progressToken: 't of b', progress: 1 })
    have(line, 'b', [stranger, own])
    expect((await next(line)).params).toEqual({ progressToken: 't of b', progress: 1 })
  })
})

describe('a client', () => {
  it('gives up a call where the call is', async () => {
    await using scene = await startScene()
    const { line } = scene
    have(line, 'b', [tells('message', { level: 'info', data: 'there' })])
    await next(line)
    line.send(tells('cancelled', { requestId: 'of b' }))
    const { params } = await next(line)
    expect(params?.data).toMatch(/^b .*"notifications\/cancelled"/)
    const ended = scene.world.house
      .rows()
      .filter(({ target, outcome }) => target === 'hold' && outcome)
    expect(ended.map(({ server, outcome }) => [server, outcome])).toEqual([['b', 'cancelled']])
  })

  it('cannot use an id twice at once, at two servers either', async () => {
    await using scene = await startScene()
    const { line } = scene
    have(line, 'a', [tells('message', { level: 'info', data: 'there' })], 'same')
    await next(line)
    have(line, 'b', [], 'same')
    expect(await next(line)).toMatchObject({ error: { data: { code: 'bridge.malformed' } } })
  })

  it('sets the level of the log everywhere, also where a server comes later', async () => {
    await using scene = await startScene()
    const { line, world } = scene
    expect(await line.call('logging/setLevel', { level: 'loud' })).toMatchObject({
      error: { code: -32602 },
    })
    line.send('{"jsonrpc":"2.0","id":"l","method":"logging/setLevel","params":{"level":"error"}}')
    const said = [await next(line), await next(line), await next(line)]
    expect(said.at(-1)).toMatchObject({ id: 'l', result: {} })
    const { a, ...servers } = world.servers
    world.servers = { ...servers, c: talker('c') }
    world.bridge.announce()
    await line.call('tools/list')
    const levels = world.house
      .rows()
      .filter(({ method, outcome }) => method === 'logging/setLevel' && outcome === 'ok')
    expect(levels.map(({ server }) => server).sort()).toEqual(['a', 'b', 'c'])
  })

  it('tells all of them that its roots have changed', async () => {
    await using scene = await startScene()
    const { line } = scene
    line.send('{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}')
    const said = [await next(line), await next(line)].map(({ params }) => params?.data?.[0])
    expect(said.sort()).toEqual(['a', 'b'])
  })
})

describe('lists that change', () => {
  it('are told once for a burst, whoever they are of', async () => {
    await using scene = await startScene()
    const { line, world } = scene
    const changed = tells('tools/list_changed', {})
    have(line, 'a', [changed, changed, tells('message', { level: 'info', data: 'said' })])
    await next(line)
    have(line, 'b', [changed, tells('message', { level: 'info', data: 'said' })])
    await next(line)
    world.pass(100)
    expect((await next(line)).method).toBe('notifications/tools/list_changed')
    world.pass(100)
    line.send('{"jsonrpc":"2.0","id":"p","method":"ping"}')
    expect(await next(line)).toMatchObject({ id: 'p' })
  })

  it('are told when rules change, each kind', async () => {
    await using scene = await startScene()
    const { line, world } = scene
    world.bridge.announce()
    world.bridge.announce('a')
    world.pass(100)
    const said = [await next(line), await next(line), await next(line)]
    expect(said.map(({ method }) => method)).toEqual([
      'notifications/tools/list_changed',
      'notifications/resources/list_changed',
      'notifications/prompts/list_changed',
    ])
    line.send('{"jsonrpc":"2.0","id":"p","method":"ping"}')
    expect(await next(line)).toMatchObject({ id: 'p' })
  })

  it('are not told before the client has opened', async () => {
    await using world = await startWorld({ a: talker('a') })
    const line = await world.line(undefined)
    line.send('{"warder":1}')
    line.send('{"jsonrpc":"2.0","id":"p","method":"ping"}')
    expect(await next(line)).toMatchObject({ id: 'p' })
    world.bridge.announce()
    world.pass(100)
    line.send('{"jsonrpc":"2.0","id":"q","method":"ping"}')
    expect(await next(line)).toMatchObject({ id: 'q' })
    line.close()
  })
})

it('keeps a server back while the client does not read', () => {
  const full = Promise.resolve()
  const client = { reply: () => {}, send: () => {}, refuse: () => {}, room: () => full }
  const wayBack = createWayBack({
    owns: () => true,
    changed: () => {},
    link: () => {},
    refuse: () => {},
  })
  expect(wayBack.through('a.1', () => client).room?.()).toBe(full)
  expect(wayBack.through('a.1', () => null).room?.()).toBeUndefined()
})
