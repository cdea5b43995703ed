import { describe, expect, it } from 'vitest'
import { type Message, metaOf, PREFIX, textOf } from '../support/alone.ts'
import { json, opened as said, startRemote, usual } from '../support/remote.ts'
import { sessionServer } from '../support/session-server.ts'
import { type Line, remoteServer, startWorld } from '../support/world.ts'

async function opened(on: string, capabilities?: object) {
  const world = await startWorld({ s: sessionServer(on, capabilities) })
  const line = await world.line('s')
  return {
    world,
    line,
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** All that came until the answer, which is the last. */
async function ask(line: Line, method: string, params: object = {}, meta: object = metaOf()) {
  const text = textOf(method, params, { meta })
  line.send(text)
  return until(line, JSON.parse(text).id)
}

async function until(line: Line, id: string): Promise<Message[]> {
  const messages: Message[] = []
  for (;;) {
    const text = await line.next()
    if (text === null) throw new Error('the line ended')
    const message = JSON.parse(text) as Message
    messages.push(message)
    if (message.id === id && message.method === undefined) return messages
  }
}

const info = { [`${PREFIX}serverInfo`]: { name: 'old', version: '1', more: 'x' } }

describe('a client without sessions at a server with them', () => {
  it('learns what the server said of itself at the opening', async () => {
    await using scene = await opened('() => {}', { tools: { listChanged: true }, tasks: {}, x: 1 })
    const [answer] = await ask(scene.line, 'server/discover')
    expect(answer?.result).toEqual({
      resultType: 'complete',
      supportedVersions: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
      capabilities: { tools: { listChanged: true }, x: 1 },
      instructions: 'Be kind.',
      ttlMs: 0,
      cacheScope: 'private',
      _meta: info,
    })
  })

  it('is one in the audit, with what it asked for', async () => {
    await using scene = await opened('(message, { answer }) => answer({})')
    await ask(scene.line, 'server/discover')
    await ask(scene.line, 'tools/call', { name: 'x', arguments: { a: 1 } })
    const intents = scene.world.house.rows().filter(({ phase }) => phase === 'intent')
    expect(intents.map(({ method, target }) => [method, target])).toEqual([
      ['server/discover', null],
      ['tools/call', 'x'],
    ])
  })

  it.each([
    ['tools/list', { ttlMs: 0, cacheScope: 'private' }],
    ['resources/read', { ttlMs: 0, cacheScope: 'private' }],
    ['tools/call', {}],
  ])('gets for %s what its revision wants beside it', async (method, more) => {
    const result = `{ deep: { a: 1 }, resultType: 'input_required', ttlMs: 9, cacheScope: 'public', _meta: { own: 2 } }`
    await using scene = await opened(`(message, { answer }) => answer(${result})`)
    const [answer] = await ask(scene.line, method, { name: 'x', uri: 'x:y' })
    expect(answer?.result).toEqual({
      deep: { a: 1 },
      ttlMs: 9,
      cacheScope: 'public',
      ...more,
      resultType: 'complete',
      _meta: { own: 2, ...info },
    })
  })

  it('shows progress under its own token, of which another request may have the same', async () => {
    await using scene = await opened(`(message, { send, answer }) => {
      const { progressToken } = message.params?._meta ?? {}
      if (progressToken === undefined) return
      send({ method: 'notifications/progress', params: { progressToken, progress: 1, message: message.params.name } })
      answer({})
    }`)
    const meta = metaOf({}, { progressToken: 1 })
    const other = await scene.world.line('s')
    const both = await Promise.all([
      ask(scene.line, 'tools/call', { name: 'a' }, meta),
      ask(other, 'tools/call', { name: 'b' }, meta),
    ])
    other.close()
    expect(both.map(([first]) => first?.params)).toEqual([
      { progressToken: 1, progress: 1, message: 'a' },
      { progressToken: 1, progress: 1, message: 'b' },
    ])
  })

  it('hears of the log what it asks for in each request, and nothing else', async () => {
    await using scene = await opened(
      `(message, { send, answer, seen }) => {
        if (message.method === 'tools/call')
          for (const level of ['debug', 'warning'])
            send({ method: 'notifications/message', params: { level, data: 1 } })
        answer({ levels: seen.filter((one) => one.method === 'logging/setLevel').map((one) => one.params.level) })
      }`,
      { logging: {}, tools: {} },
    )
    const silent = await ask(scene.line, 'tools/call', { name: 'x' })
    expect(silent.map(({ method }) => method)).toEqual([undefined])
    const meta = metaOf({}, { [`${PREFIX}logLevel`]: 'info' })
    const heard = await ask(scene.line, 'tools/call', { name: 'x' }, meta)
    expect(heard.map(({ params }) => params?.level)).toEqual(['warning', undefined])
    expect(heard.at(-1)?.result?.levels).toEqual(['info'])
  })

  it('hears of the log also where the server was told its level in vain at first', async () => {
    const levels: string[] = []
    const able = said.replace('"tools":{}', '"tools":{},"logging":{}')
    const others = usual((seen, response) => {
      if (seen.rpc !== 'logging/setLevel') return json(response, seen.id, '{"content":[]}')
      levels.push(JSON.parse(seen.body).params.level)
      return levels.length === 1 ? response.destroy() : json(response, seen.id, '{}')
    })
    await using remote = await startRemote((seen, response) =>
      seen.rpc === 'initialize' ? json(response, seen.id, able) : others(seen, response),
    )
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    const meta = metaOf({}, { [`${PREFIX}logLevel`]: 'info' })
    for (const code of ['server.unreachable', undefined, undefined]) {
      const [answer] = await ask(line, 'tools/call', { name: 'x' }, meta)
      expect(answer?.error?.data?.code).toBe(code)
    }
    expect(levels).toEqual(['info', 'info'])
    line.close()
  })

  it('cancels a call on its socket, and the server is told under the id that it knows', async () => {
    await using scene = await opened(`(message, { send, answer, seen }) => {
      const { progressToken } = message.params?._meta ?? {}
      if (progressToken) send({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
      else if (message.method === 'tools/call') answer({ seen: seen.map((one) => [one.method, one.id, one.params?.requestId]) })
    }`)
    const meta = metaOf({}, { progressToken: 'p' })
    scene.line.send(textOf('tools/call', { name: 'slow' }, { id: 'x', meta }))
    await scene.line.next()
    scene.line.send(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}',
    )
    const [answer] = await ask(scene.line, 'tools/call', { name: 'fast' })
    const told = answer?.result?.seen as [string, unknown, unknown][]
    const slow = told.find(([method]) => method === 'tools/call')
    expect(told).toContainEqual(['notifications/cancelled', null, slow?.[1]])
  })

  it('stays where the server waits for a sign-in, and is told so', async () => {
    await using world = await startWorld({ s: remoteServer('http://127.0.0.1:9/mcp', 'oauth') })
    world.dead.add('s')
    const line = await world.line('s')
    const [answer] = await ask(line, 'server/discover')
    line.close()
    expect(answer?.result).toMatchObject({
      supportedVersions: expect.arrayContaining(['2026-07-28']),
      instructions: expect.stringContaining('not available yet'),
    })
  })

  it('goes on beside a session on the same socket', async () => {
    await using scene = await opened('(message, { answer }) => answer({ name: message.method })')
    await scene.line.open()
    expect(await scene.line.call('tools/list')).toMatchObject({ result: { name: 'tools/list' } })
    const [answer] = await ask(scene.line, 'tools/list')
    expect(answer?.result).toMatchObject({ resultType: 'complete', name: 'tools/list' })
    expect(scene.world.running()).toEqual(['s', 's'])
  })

  it('finds its server still running on its next socket', async () => {
    await using scene = await opened('(message, { answer }) => answer({ pid: process.pid })')
    const [first] = await ask(scene.line, 'tools/call', { name: 'x' })
    scene.line.close()
    const next = await scene.world.line('s')
    const [second] = await ask(next, 'tools/call', { name: 'x' })
    next.close()
    expect(second?.result?.pid).toBe(first?.result?.pid)
  })

  it('is told on its socket what is wrong, in the same words as over HTTP', async () => {
    await using scene = await opened('() => {}')
    const bad = { ...metaOf(), [`${PREFIX}protocolVersion`]: '1999-01-01' }
    const [answer] = await ask(scene.line, 'tools/list', {}, bad)
    expect(answer?.error).toMatchObject({ code: -32022, data: { requested: '1999-01-01' } })
    const [gone] = await ask(scene.line, 'ping')
    expect(gone?.error?.code).toBe(-32601)
  })
})
