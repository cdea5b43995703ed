import { describe, expect, it } from 'vitest'
import type { ServerDefinition } from '../../../main/store/config-schema.ts'
import { statelessStdio } from '../../harness/stdio-servers.ts'
import { post } from '../support/alone.ts'
import { localServer, opening, startWorld, type World } from '../support/world.ts'

/** A server for many: tells what it saw, holds calls until it is told to answer them, and says what it is asked to say. */
const script = `
import { createInterface } from 'node:readline'
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
const seen = []
const held = []
const levels = []
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  const { id, method, params } = message
  if (method === 'server/discover') { say({ id, error: { code: -32601, message: 'no' } }); continue }
  seen.push(message)
  if (method === 'initialize')
    say({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: { listChanged: true }, logging: {}, tasks: { list: {} }, resources: { subscribe: true } }, serverInfo: { name: 's', version: '1' } } })
  else if (method !== 'tools/call') { if (id !== undefined && method !== undefined) say({ id, result: {} }) }
  else if (params.name === 'hold') { held.push(message); say({ method: 'notifications/message', params: { level: 'info', data: 'held ' + params.arguments.as } }) }
  else if (params.name === 'progress')
    for (const { params } of held) say({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress: 1, message: params.arguments.as } })
  else if (params.name === 'say') say(params.arguments)
  if (method === 'tools/call' && params.name === 'release')
    for (const { id, params } of held.splice(0)) say({ id, result: { as: params.arguments.as } })
  if (method === 'tools/call' && params.name !== 'hold') say({ id, result: { pid: process.pid, seen, key: process.env.KEY ?? null } })
}`

const shared = (env?: Record<string, string>) =>
  ({ ...localServer(script, env), instance: 'shared' }) as ServerDefinition

interface Told {
  readonly pid: number
  readonly key: string | null
  readonly seen: readonly { id?: number; method?: string; params?: Record<string, unknown> }[]
}

async function sessions(world: World) {
  const [one, two] = [await world.line('s', 'one'), await world.line('s', 'two')]
  await one.open()
  await two.open()
  return { one, two }
}
type Line = Awaited<ReturnType<World['line']>>

const tell = async (line: Line, name = 'tell', args: object = {}) =>
  (await line.call('tools/call', { name, arguments: args })).result as Told

/** Every message until one that matches, that one included. */
async function until(line: Line, words: string): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const text = await line.next()
    if (text === null) throw new Error('the line ended')
    all.push(text)
    if (text.includes(words)) return all
  }
}

const hold = (line: Line, as: string) =>
  line.send(
    JSON.stringify({
      ...{ jsonrpc: '2.0', id: 'held', method: 'tools/call' },
      params: { name: 'hold', arguments: { as }, _meta: { progressToken: 'mine' } },
    }),
  )

const saw = ({ seen }: Told, method: string) => seen.filter((one) => one.method === method)

describe('a shared local server', () => {
  it('is one process, opened once, in the name of Warder and with no ability of a client', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    const [first, second] = [await tell(one), await tell(two)]
    expect(second.pid).toBe(first.pid)
    expect(world.running()).toEqual(['s'])
    const openings = saw(second, 'initialize')
    expect(openings).toHaveLength(1)
    expect(openings[0]?.params).toMatchObject({ clientInfo: { name: 'warder' } })
    expect(openings[0]?.params?.capabilities).toEqual({})
    expect(saw(second, 'notifications/initialized')).toHaveLength(1)
  })

  it('is not shared where the definition does not say so', async () => {
    await using world = await startWorld({ s: localServer(script) })
    const { one, two } = await sessions(world)
    expect((await tell(one)).pid).not.toBe((await tell(two)).pid)
  })

  it('answers each session, and tells it the progress of its own call', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    hold(one, 'of one')
    await until(one, 'held of one')
    await until(two, 'held of one')
    hold(two, 'of two')
    await until(two, 'held of two')
    await until(one, 'held of two')
    one.send('{"jsonrpc":"2.0","id":"p","method":"tools/call","params":{"name":"progress"}}')
    const told = await until(one, '"id":"p"')
    one.send('{"jsonrpc":"2.0","id":"r","method":"tools/call","params":{"name":"release"}}')
    told.push(...(await until(one, '"id":"r"')))
    const others = await until(two, '"id":"held"')
    expect(told.join()).toContain('"progressToken":"mine","progress":1,"message":"of one"')
    expect(told.join()).toContain('"result":{"as":"of one"}')
    expect(told.join()).not.toContain('"message":"of two"')
    expect(told.join()).not.toContain('"result":{"as":"of two"}')
    expect(others.join()).toContain('"progressToken":"mine","progress":1,"message":"of two"')
    expect(others.join()).toContain('"result":{"as":"of two"}')
    expect(others.join()).not.toContain('"message":"of one"')
  })

  it('is told under its own id what a session gives up, by a word or by leaving, and nothing else', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    hold(one, 'first')
    await until(two, 'held first')
    hold(two, 'second')
    await until(two, 'held second')
    const held = saw(await tell(two), 'tools/call').filter(({ params }) => params?.name === 'hold')
    one.send(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"held","reason":"x"}}',
    )
    await one.call('ping')
    const cancelled = saw(await tell(two), 'notifications/cancelled')
    expect(cancelled.map(({ params }) => params?.requestId)).toEqual([held[0]?.id])

    hold(one, 'third')
    await until(two, 'held third')
    one.close()
    const ids = async () => {
      // Whoever closes may still read; it is known to be gone when something is written to it.
      await tell(two, 'say', { method: 'notifications/message', params: { level: 'info' } })
      return saw(await tell(two), 'notifications/cancelled').map(({ params }) => params?.requestId)
    }
    const third = saw(await tell(two), 'tools/call').filter(({ params }) => params?.name === 'hold')
    await expect.poll(ids).toEqual([held[0]?.id, third[2]?.id])
    // The other one's call is still there, and so is its process.
    two.send('{"jsonrpc":"2.0","id":"r","method":"tools/call","params":{"name":"release"}}')
    expect((await until(two, '"id":"held"')).join()).toContain('"as":"second"')
  })

  it('says to all that its lists changed', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    await tell(one, 'say', { method: 'notifications/tools/list_changed' })
    await until(two, 'notifications/tools/list_changed')
  })

  it('has the lowest level of the log that somebody wants, and each session hears its own', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    await one.call('logging/setLevel', { level: 'debug' })
    await two.call('logging/setLevel', { level: 'error' })
    const levels = saw(await tell(one), 'logging/setLevel').map(({ params }) => params?.level)
    expect(levels).toEqual(['debug', 'debug'])
    const log = (level: string) =>
      tell(one, 'say', { method: 'notifications/message', params: { level, data: 'words' } })
    await log('info')
    await log('error')
    expect(await until(two, 'words')).toEqual([expect.stringContaining('"level":"error"')])
  })

  it('is subscribed to a resource as long as somebody is, and each hears of its own', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    for (const line of [one, two]) await line.call('resources/subscribe', { uri: 'x://both' })
    await two.call('resources/subscribe', { uri: 'x://two' })
    await one.call('resources/subscribe', { uri: 'x://one' })
    await one.call('resources/unsubscribe', { uri: 'x://both' })
    expect(saw(await tell(one), 'resources/unsubscribe')).toEqual([])
    const updated = (uri: string) =>
      tell(one, 'say', { method: 'notifications/resources/updated', params: { uri } })
    await updated('x://one')
    await updated('x://both')
    expect(await until(two, 'resources/updated')).toEqual([expect.stringContaining('x://both')])
    one.close()
    const left = async () =>
      saw(await tell(two), 'resources/unsubscribe').map(({ params }) => params?.uri)
    await expect.poll(left).toEqual(['x://one'])
    await two.call('resources/unsubscribe', { uri: 'x://both' })
    expect(await left()).toEqual(['x://one', 'x://both'])
  })

  it('cannot ask a client', async () => {
    await using world = await startWorld({ s: shared() })
    const { one } = await sessions(world)
    await tell(one, 'say', { id: 'q', method: 'sampling/createMessage', params: { messages: [] } })
    const { seen } = await tell(one)
    expect(seen).toContainEqual(
      expect.objectContaining({ id: 'q', error: expect.objectContaining({ code: -32601 }) }),
    )
    const asked = world.house.rows().filter(({ method }) => method === 'sampling/createMessage')
    expect(asked).toMatchObject([
      { client: '@shared', server: 's', phase: 'intent', decision: 'deny' },
      { client: '@shared', server: 's', outcome: 'denied', code: 'bridge.not_offered' },
    ])
  })

  it('shows the tasks of one session to nobody', async () => {
    await using world = await startWorld({ s: shared() })
    const line = await world.line('s')
    const answer = await line.call('initialize', opening)
    expect(answer).toMatchObject({ result: { capabilities: { tools: {}, logging: {} } } })
    expect(answer).not.toHaveProperty('result.capabilities.tasks')
    expect(await line.call('tasks/list', {})).toMatchObject({ error: {} })
    expect(saw(await tell(line), 'tasks/list')).toEqual([])
  })

  it('is another process for another account, another token and another revision', async () => {
    await using world = await startWorld({ s: shared({ KEY: 'grant:g' }) })
    world.tokens.set('g', 'token of ann')
    const one = await world.line('s', 'one')
    await one.open()
    const ann = await tell(one)
    const two = await world.line('s', 'two')
    Object.assign(world, { account: 'bob', grantId: () => 'grant of bob' })
    // The same value, so that nothing but the account differs.
    await two.open()
    const bob = await tell(two)
    expect(bob.pid).not.toBe(ann.pid)
    world.tokens.set('g', 'token of bob')
    const three = await world.line('s', 'two')
    await three.open()
    const renewed = await tell(three)
    expect(renewed.key).toBe('token of bob')
    expect(new Set([ann.pid, bob.pid, renewed.pid]).size).toBe(3)
    const four = await world.line('s', 'two')
    const older = { ...opening, protocolVersion: '2025-06-18' }
    expect(await four.call('initialize', older)).toMatchObject({
      result: { protocolVersion: '2025-06-18' },
    })
    const old = await tell(four)
    expect([ann.pid, bob.pid, renewed.pid]).not.toContain(old.pid)
    // One that comes later finds the process of its revision.
    const five = await world.line('s', 'one')
    await five.call('initialize', older)
    expect((await tell(five)).pid).toBe(old.pid)
    expect(world.running()).toHaveLength(4)
  })

  it('ends for all when its grant is revoked, and with the last session that uses it', async () => {
    await using world = await startWorld({ s: shared({ KEY: 'grant:g' }) })
    world.tokens.set('g', 'token')
    const { one, two } = await sessions(world)
    hold(one, 'a')
    await until(one, 'held a')
    await world.bridge.cutGrant('grant-g')
    expect((await until(one, '"id":"held"')).at(-1)).toContain('grant.sign_in_needed')
    expect(world.running()).toEqual([])
    expect(await two.call('tools/call', { name: 'x' })).toMatchObject({
      error: { data: { code: 'grant.sign_in_needed' } },
    })

    world.grantId = () => 'another'
    const [again, other] = [await tell(one), await tell(two)]
    expect(other.pid).toBe(again.pid)
    one.close()
    await expect.poll(() => world.bridge.sessions()).toEqual(['two'])
    expect((await tell(two)).pid).toBe(again.pid)
    two.close()
    await expect.poll(() => world.running()).toEqual([])
  })

  it('may have no sessions: each stream of news and each question is of one client', async () => {
    const definition = { ...statelessStdio(), instance: 'shared' } as ServerDefinition
    await using world = await startWorld({ s: definition })
    const { one, two } = await sessions(world)
    expect(await two.call('resources/subscribe', { uri: 'news://today' })).toMatchObject({
      result: {},
    })
    one.send('{"jsonrpc":"2.0","id":"g","method":"tools/call","params":{"name":"greet"}}')
    const question = JSON.parse((await until(one, 'elicitation/create')).at(-1) ?? '')
    const result = { action: 'accept', content: { name: 'Ada' } }
    one.send(JSON.stringify({ jsonrpc: '2.0', id: question.id, result }))
    expect((await until(one, '"id":"g"')).at(-1)).toContain('Ada')
    await one.call('tools/call', { name: 'publish', arguments: {} })
    const told = await until(two, 'resources/updated')
    expect(told.join()).not.toContain('elicitation')
    expect(world.running()).toEqual(['s'])
  })

  it('serves a client of 2026-07-28 as well', async () => {
    await using world = await startWorld({ s: shared() })
    const one = await world.line('s')
    await one.open()
    const { pid } = await tell(one)
    const { answer } = await post(world, 'tools/call', { name: 'tell', arguments: {} })
    expect(answer.result).toMatchObject({ pid })
    expect(world.running()).toEqual(['s'])
  })

  it('that dies is started again, once, for those who go on', async () => {
    await using world = await startWorld({ s: shared() })
    const { one, two } = await sessions(world)
    const { pid } = await tell(one)
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => world.running()).toEqual([])
    const [again, other] = await Promise.all([tell(one), tell(two)])
    expect(again.pid).not.toBe(pid)
    expect(other.pid).toBe(again.pid)
    await world.bridge.cutServer('s')
    expect(world.running()).toEqual([])
  })
})
