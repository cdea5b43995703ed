import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { waitsForNobody } from '../../../main/bridge/aggregation/branch.ts'
import { limits } from '../../../main/bridge/limits.ts'
import type { Rule } from '../../../main/store/config-schema.ts'
import { begin, type Message, metaOf, post, textOf } from '../support/alone.ts'
import { json } from '../support/remote.ts'
import type { Line } from '../support/world.ts'
import { startScene } from './support/scene.ts'
import { prompt, resource, template, tool } from './support/servers.ts'

/** All servers at once for clients of 2026-07-28, at the token door and on a socket; the servers have sessions. */

const ALL = { server: null }
const textIn = ({ result }: Message) =>
  (result as { content: { text: string }[] }).content[0]?.text ?? ''

describe('at /mcp', () => {
  it('is discovered without any server', async () => {
    await using scene = await startScene({ b: {}, a: {} })
    const { status, answer } = await post(scene.world, 'server/discover', {}, ALL)
    expect(status).toBe(200)
    expect(answer.result).toMatchObject({
      resultType: 'complete',
      supportedVersions: expect.arrayContaining(['2026-07-28']),
      capabilities: { tools: {} },
      instructions: expect.stringContaining('the servers a, b.'),
      ttlMs: 0,
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'warder' } },
    })
    expect(scene.remote('a').seen).toEqual([])
  })

  it('has the lists of all, which nobody may keep', async () => {
    const odd = '{ "x" : 12345678901234567890, "name" : "z", "inputSchema":{"type":"object"} }'
    await using scene = await startScene({
      b: { tools: [tool('x')], prompts: [prompt('p')] },
      a: { tools: [odd], resources: [resource('x:/1')], templates: [template('x:/{id}')] },
    })
    const list = async (method: string) => (await post(scene.world, method, {}, ALL)).answer.result
    const kept = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' }
    expect(await list('tools/list')).toMatchObject({
      ...kept,
      tools: [{ name: 'a__z' }, { name: 'b__x' }],
    })
    expect(await list('prompts/list')).toMatchObject({ ...kept, prompts: [{ name: 'b__p' }] })
    expect(await list('resources/list')).toMatchObject({ ...kept, resources: [{ uri: 'x:/1' }] })
    expect(await list('resources/templates/list')).toMatchObject({
      ...kept,
      resourceTemplates: [{ uriTemplate: 'x:/{id}' }],
    })
    const response = await begin(scene.world, 'tools/list', {}, ALL)
    expect(await response.text()).toContain('{ "x" : 12345678901234567890, "name" : "a__z",')
  })

  it('routes calls to their server, and records them there', async () => {
    await using scene = await startScene({
      a: { tools: [tool('x')], resources: [resource('x:/1')] },
      b: { tools: [tool('x')], templates: [template('y:/{id}')] },
    })
    const call = await post(scene.world, 'tools/call', { name: 'b__x', arguments: { n: 1 } }, ALL)
    expect(call.answer.result).toMatchObject({ resultType: 'complete' })
    expect(JSON.parse(textIn(call.answer)).params).toMatchObject({ name: 'x', arguments: { n: 1 } })
    await post(scene.world, 'resources/read', { uri: 'y:/7' }, ALL)
    await post(scene.world, 'resources/read', { uri: 'x:/1' }, ALL)
    expect(scene.remote('b').of('resources/read')).toHaveLength(1)
    expect(scene.remote('a').of('resources/read')).toHaveLength(1)
    const rows = scene.world.house.rows().filter(({ method }) => method === 'tools/call')
    expect(rows.map(({ server, target, outcome }) => [server, target, outcome])).toEqual([
      ['b', 'x', null],
      ['b', 'x', 'ok'],
    ])
    // One session for each server, shared by all requests.
    expect(scene.remote('b').of('initialize')).toHaveLength(1)
  })

  it('shows and does what the rules allow', async () => {
    const rules: Rule[] = [{ effect: 'allow', client: 'one', server: 'a', tool: 'x' }]
    await using scene = await startScene(
      { a: { tools: [tool('x'), tool('y')] }, b: { tools: [tool('x')] } },
      rules,
    )
    const listed = await post(scene.world, 'tools/list', {}, ALL)
    expect(listed.answer.result).toMatchObject({ tools: [{ name: 'a__x' }] })
    for (const name of ['a__y', 'b__x']) {
      const { answer } = await post(scene.world, 'tools/call', { name }, ALL)
      expect(answer.error?.data?.code).toBe('policy.denied')
    }
    expect(scene.remote('b').seen).toEqual([])
  })

  it.each([
    ['a name of no server', 'tools/call', { name: 'c__x' }, -32602],
    ['a name without a server', 'tools/call', { name: 'x' }, -32602],
    ['an unknown resource', 'resources/read', { uri: 'z:/1' }, -32602],
    ['a cursor that is none', 'tools/list', { cursor: 'x' }, -32602],
    ['a method that is of no server', 'vendor/x', {}, -32601],
  ])('refuses %s', async (_what, method, params, code) => {
    await using scene = await startScene({ a: { tools: [tool('x')] } })
    const { answer } = await post(scene.world, method, params, ALL)
    expect(answer.error?.code).toBe(code)
    expect(scene.remote('a').of(method)).toEqual([])
  })

  it('does not take a name in a header for the one in the body', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] }, b: { tools: [tool('x')] } })
    const wish = { ...ALL, headers: { 'mcp-name': 'a__x' } }
    const { status, answer } = await post(scene.world, 'tools/call', { name: 'b__x' }, wish)
    expect([status, answer.error?.code]).toEqual([400, -32020])
    expect([...scene.remote('a').seen, ...scene.remote('b').seen]).toEqual([])
  })

  it('gives up at its server what the client closes', async () => {
    const arrived = Promise.withResolvers<void>()
    const given = Promise.withResolvers<void>()
    await using scene = await startScene({
      a: {
        tools: [tool('x')],
        instead({ rpc }) {
          if (rpc === 'notifications/cancelled') given.resolve()
          if (rpc !== 'tools/call') return false
          arrived.resolve()
          return true
        },
      },
    })
    const closing = new AbortController()
    const wish = { ...ALL, signal: closing.signal }
    const asked = begin(scene.world, 'tools/call', { name: 'a__x' }, wish)
    asked.catch(() => {})
    await arrived.promise
    closing.abort()
    await given.promise
  })
})

describe('a client with more servers than it may have sessions otherwise', () => {
  it('has all of them, and the next list opens none anew', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] } })
    const { world } = scene
    const a = world.servers.a as NonNullable<typeof world.servers.a>
    const count = limits.sessionsPerClient + 6
    world.servers = Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, a]))
    for (let round = 0; round < 2; round++) {
      const { answer } = await post(world, 'tools/list', {}, ALL)
      expect(answer.result?.tools).toHaveLength(count)
    }
    expect(scene.remote('a').of('initialize')).toHaveLength(count)
  })
})

it('what was asked of a server for a list is kept by nobody afterwards', async () => {
  await using scene = await startScene({ a: { tools: [tool('x')] } })
  await post(scene.world, 'tools/list', {}, ALL)
  expect(getEventListeners(waitsForNobody, 'abort')).toEqual([])
})

describe('on a socket', () => {
  const answerTo = async (line: Line, id: string): Promise<Message> => {
    for (;;) {
      const message = JSON.parse((await line.next()) ?? 'null')
      if (message.id === id) return message
    }
  }

  it('both eras have all servers, beside each other', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] }, b: { tools: [tool('x')] } })
    const { line } = scene
    await line.open()
    line.send(textOf('tools/call', { name: 'b__x' }, { id: 'same' }))
    expect(textIn(await answerTo(line, 'same'))).toContain('"name":"x"')
    expect(await line.call('tools/call', { name: 'b__x' })).not.toHaveProperty('result.resultType')
    line.send(textOf('tools/list', {}, { id: 'l' }))
    expect((await answerTo(line, 'l')).result).toMatchObject({
      tools: [{ name: 'a__x' }, { name: 'b__x' }],
    })
  })

  it('a resource that an answer named is found by a client that can do more by then', async () => {
    const linked = { type: 'resource_link', uri: 'x:/linked', name: 'n' }
    await using scene = await startScene({
      a: {
        tools: [tool('x')],
        instead({ rpc, id }, response) {
          if (rpc !== 'tools/call') return false
          json(response, id, JSON.stringify({ content: [linked] }))
          return true
        },
      },
    })
    const { line } = scene
    const ask = (method: string, params: object, id: string, capabilities: object) => {
      line.send(textOf(method, params, { id, capabilities }))
      return answerTo(line, id)
    }
    await ask('tools/call', { name: 'a__x' }, '1', {})
    await ask('tools/call', { name: 'a__x' }, '2', { roots: {} })
    const read = await ask('resources/read', { uri: linked.uri }, '3', { roots: {} })
    expect(read.error).toBeUndefined()
    expect(scene.remote('a').of('resources/read')).toHaveLength(1)
  })

  it('a call is cancelled where it is', async () => {
    const arrived = Promise.withResolvers<void>()
    const given = Promise.withResolvers<void>()
    await using scene = await startScene({
      a: {
        tools: [tool('x')],
        instead({ rpc }) {
          if (rpc === 'notifications/cancelled') given.resolve()
          if (rpc !== 'tools/call') return false
          arrived.resolve()
          return true
        },
      },
    })
    const { line } = scene
    line.send(textOf('tools/call', { name: 'a__x' }, { id: 'c' }))
    await arrived.promise
    const params = { requestId: 'c', _meta: metaOf() }
    line.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }))
    await given.promise
  })
})
