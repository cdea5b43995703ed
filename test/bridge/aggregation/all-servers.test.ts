import { describe, expect, it } from 'vitest'
import type { Rule } from '../../../main/store/config-schema.ts'
import { json } from '../support/remote.ts'
import { names, startScene } from './support/scene.ts'
import { prompt, resource, sent, template, tool } from './support/servers.ts'

describe('the opening', () => {
  it('is answered at once, and no server is asked', async () => {
    await using scene = await startScene({ b: {}, a: {} })
    const answer = await scene.line.call('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'c', version: '1' },
    })
    expect(answer.result).toMatchObject({
      protocolVersion: '2025-06-18',
      serverInfo: { name: 'warder' },
      capabilities: { tools: { listChanged: true } },
      instructions: expect.stringContaining('the servers a, b.'),
    })
    expect(await scene.line.call('ping')).toMatchObject({ result: {} })
    expect([...scene.remote('a').seen, ...scene.remote('b').seen]).toEqual([])
  })

  it('comes before anything else', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] } })
    for (const method of ['tools/list', 'ping', 'tools/call'])
      expect(await scene.line.call(method, { name: 'a__x' })).toMatchObject({
        error: { data: { code: 'bridge.not_opened' } },
      })
    expect(scene.remote('a').seen).toEqual([])
  })
})

describe('the lists', () => {
  it('are those of all servers, in the order of their names, then in their own', async () => {
    await using scene = await startScene({
      zed: { tools: [tool('b'), tool('a')], prompts: [prompt('p')] },
      abc: { tools: [tool('z'), tool('Z')], resources: [resource('x:/1')] },
    })
    await scene.line.open()
    expect(await names(scene.line, 'tools/list')).toEqual(['abc__z', 'abc__Z', 'zed__b', 'zed__a'])
    expect(await names(scene.line, 'prompts/list')).toEqual(['zed__p'])
    expect(await names(scene.line, 'resources/list')).toEqual(['x:/1'])
    // What a server has not said it has, it is not asked for.
    expect(scene.remote('abc').of('prompts/list')).toEqual([])
  })

  it('hold the bytes of the servers, but for the name', async () => {
    const odd =
      '{ "x" : 12345678901234567890, "name" : "\\u0061", "inputSchema":{"b":1e400,"a":-0} }'
    await using scene = await startScene({ s: { tools: [odd] } })
    await scene.line.open()
    scene.line.send('{"jsonrpc":"2.0","id":7,"method":"tools/list"}')
    expect(await scene.line.next()).toBe(
      '{"jsonrpc":"2.0","id":7,"result":{"tools":[{ "x" : 12345678901234567890, "name" : "s__a", "inputSchema":{"b":1e400,"a":-0} }]}}',
    )
  })

  it('are asked for to their last page', async () => {
    const tools = ['a', 'b', 'c', 'd', 'e'].map(tool)
    await using scene = await startScene({ s: { tools, page: 2 } })
    await scene.line.open()
    expect(await names(scene.line, 'tools/list')).toEqual(['s__a', 's__b', 's__c', 's__d', 's__e'])
    expect(scene.remote('s').of('tools/list')).toHaveLength(3)
  })

  it('show what the rules allow, and leave out servers where they allow nothing', async () => {
    const rules: Rule[] = [{ effect: 'allow', client: 'one', server: 'a', tool: 'x' }]
    await using scene = await startScene(
      { a: { tools: [tool('x'), tool('y')] }, b: { tools: [tool('x')] } },
      rules,
    )
    await scene.line.open()
    expect(await names(scene.line, 'tools/list')).toEqual(['a__x'])
    expect(scene.remote('b').seen).toEqual([])
    for (const name of ['a__y', 'b__x'])
      expect(await scene.line.call('tools/call', { name })).toMatchObject({
        error: { data: { code: 'policy.denied' } },
      })
    expect(scene.remote('a').of('tools/call')).toEqual([])
    expect(scene.remote('b').seen).toEqual([])
    const denied = scene.world.house.rows().filter(({ outcome }) => outcome === 'denied')
    expect(denied.map(({ server, target }) => [server, target])).toEqual([
      ['a', 'y'],
      ['b', 'x'],
    ])
  })

  it('have a resource of two servers once, as the first one says', async () => {
    await using scene = await startScene({
      b: { resources: [resource('x:/1', 'of b'), resource('x:/2', 'of b')] },
      a: { resources: [resource('x:/1', 'of a')] },
    })
    await scene.line.open()
    const { result } = await scene.line.call('resources/list')
    expect(result).toEqual({
      resources: [
        { uri: 'x:/1', name: 'of a' },
        { uri: 'x:/2', name: 'of b' },
      ],
    })
    await scene.line.call('resources/read', { uri: 'x:/1' })
    await scene.line.call('resources/read', { uri: 'x:/2' })
    expect(scene.remote('a').of('resources/read')).toHaveLength(1)
    expect(scene.remote('b').of('resources/read')).toHaveLength(1)
  })
})

describe('a call', () => {
  it('goes to its server under its own name, and nothing else of it changes', async () => {
    await using scene = await startScene({ a: { tools: [tool('x')] }, b: { tools: [tool('x')] } })
    await scene.line.open()
    const params = '{ "arguments":{"n":12345678901234567890,"b":1,"a":-0}, "name" : "b__x" }'
    scene.line.send(`{"jsonrpc":"2.0","id":"k","method":"tools/call","params":${params}}`)
    await scene.line.next()
    expect(
      scene
        .remote('b')
        .of('tools/call')
        .map(({ body }) => body),
    ).toEqual([
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params.replace('b__x', 'x')}}`.replace(
        '"id":1',
        `"id":${scene.remote('b').of('tools/call')[0]?.id}`,
      ),
    ])
    expect(scene.remote('a').seen).toEqual([])
    const rows = scene.world.house.rows().filter(({ method }) => method === 'tools/call')
    expect(
      rows.map(({ server, target, phase, outcome }) => [server, target, phase, outcome]),
    ).toEqual([
      ['b', 'x', 'intent', null],
      ['b', 'x', 'outcome', 'ok'],
    ])
  })

  it('of a shortened name is known also before any list was asked for', async () => {
    const long = 'x'.repeat(128)
    await using scene = await startScene({ s: { tools: [tool(long), tool('é')] } })
    await scene.line.open()
    const [first = '', second = ''] = await names(scene.line, 'tools/list')
    const other = await scene.world.line(undefined)
    other.send('{"warder":1}')
    await other.open()
    expect(sent(await other.call('tools/call', { name: first }))).toContain(`"name":"${long}"`)
    expect(sent(await other.call('tools/call', { name: second }))).toContain('"name":"é"')
    other.close()
  })

  it.each(['x', 'nobody__x', 'a__', 'a__x y', 'A__x', ''])(
    'of %j is of no server, and reaches none',
    async (name) => {
      await using scene = await startScene({ a: { tools: [tool('x')] } })
      await scene.line.open()
      expect(await scene.line.call('tools/call', { name })).toMatchObject({
        error: { code: -32602 },
      })
      expect(scene.remote('a').seen).toEqual([])
    },
  )

  it('of a method that belongs to no server is refused', async () => {
    await using scene = await startScene({ a: { tools: [] } })
    await scene.line.open()
    expect(await scene.line.call('vendor/x')).toMatchObject({ error: { code: -32601 } })
    expect(scene.remote('a').seen).toEqual([])
  })

  it('completes where its prompt or template is', async () => {
    await using scene = await startScene({
      a: { prompts: [prompt('p')], templates: [template('x:/{id}')] },
      b: { prompts: [prompt('p')], templates: [template('y:/{id}')] },
    })
    await scene.line.open()
    const argument = { name: 'id', value: '' }
    const ask = (ref: object) => scene.line.call('completion/complete', { ref, argument })
    expect(sent(await ask({ type: 'ref/prompt', name: 'b__p' }))).toContain('"name":"p"')
    expect(sent(await ask({ type: 'ref/resource', uri: 'y:/{id}' }))).toContain('y:/{id}')
    expect(scene.remote('b').of('completion/complete')).toHaveLength(2)
    expect(scene.remote('a').of('completion/complete')).toHaveLength(0)
  })
})

describe('a resource', () => {
  it('that a template says most about goes to its server', async () => {
    await using scene = await startScene({
      a: { templates: [template('{+any}')] },
      b: { templates: [template('x:/notes/{id}')] },
    })
    await scene.line.open()
    await scene.line.call('resources/read', { uri: 'x:/notes/7' })
    await scene.line.call('resources/read', { uri: 'x:/other' })
    expect(scene.remote('b').of('resources/read')).toHaveLength(1)
    expect(scene.remote('a').of('resources/read')).toHaveLength(1)
  })

  it('that only a result has linked to is of the server that did, unless another one lists it', async () => {
    const links = ['x:/linked', 'x:/listed'].map((uri) => ({
      type: 'resource_link',
      uri,
      name: 'n',
    }))
    await using scene = await startScene({
      a: {
        tools: [tool('x')],
        resources: [],
        instead: ({ rpc, id }, response) =>
          rpc === 'tools/call' &&
          Boolean(json(response, id, JSON.stringify({ content: links })) ?? true),
      },
      b: { resources: [resource('x:/listed')] },
    })
    await scene.line.open()
    expect(await scene.line.call('resources/read', { uri: 'x:/linked' })).toMatchObject({
      error: { code: -32002 },
    })
    await scene.line.call('tools/call', { name: 'a__x' })
    await scene.line.call('resources/read', { uri: 'x:/linked' })
    await scene.line.call('resources/read', { uri: 'x:/listed' })
    expect(
      scene
        .remote('a')
        .of('resources/read')
        .map(({ body }) => body),
    ).toEqual([expect.stringContaining('x:/linked')])
    expect(scene.remote('b').of('resources/read')).toHaveLength(1)
  })

  it('stays with the first server that had it while that one does not answer', async () => {
    let down = false
    await using scene = await startScene({
      a: {
        resources: [resource('x:/1')],
        instead: (_, response) => down && Boolean(response.writeHead(500).end()),
      },
      b: { resources: [resource('x:/1')] },
    })
    const { line } = scene
    await line.open()
    expect(await names(line, 'resources/list')).toEqual(['x:/1'])
    down = true
    expect(await names(line, 'resources/list')).toEqual([])
    expect(await line.call('resources/read', { uri: 'x:/1' })).toHaveProperty('error')
    expect(scene.remote('b').of('resources/read')).toEqual([])
  })
})
