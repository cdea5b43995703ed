import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startScene } from './support/companion.ts'

const call = (id: unknown, name = 'pay') =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},  "method":"tools/call","params":{"name":"${name}"}}`

const unknownOutcome = (id: unknown) => ({
  jsonrpc: '2.0',
  id,
  error: {
    code: -32050,
    message: expect.stringContaining('was not repeated'),
    data: { code: 'bridge.outcome_unknown' },
  },
})

describe('a companion that goes away', () => {
  it('is followed by the next one, to which the session is opened again', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.send(call(1))
    expect((await first.json()).id).toBe(1)
    first.answer(1)
    await scene.heard()

    first.die()
    const next = await scene.accept()
    const opening = await next.json()
    expect(opening).toMatchObject({
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {} },
    })
    // No id of the client's.
    expect(opening.id).toMatch(/^warder-shim-/)
    next.answer(opening.id, { instructions: 'for nobody' })
    expect(await next.json()).toEqual({ jsonrpc: '2.0', method: 'notifications/initialized' })
    for (const list of ['tools', 'resources', 'prompts'])
      expect(await scene.heard()).toEqual({
        jsonrpc: '2.0',
        method: `notifications/${list}/list_changed`,
      })

    const original = call(2)
    scene.send(original)
    expect(await next.next()).toBe(original)
    next.send('{"jsonrpc":"2.0","id":2,"result":{"big":12345678901234567890}}')
    expect(await scene.said.next()).toBe(
      '{"jsonrpc":"2.0","id":2,"result":{"big":12345678901234567890}}',
    )
  })

  it('leaves a call with an error, and nobody gets it again', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    for (const id of ['a', 7]) scene.send(call(id))
    scene.request(8, 'prompts/get', { name: 'p' })
    for (let n = 0; n < 3; n++) await first.next()
    first.die()
    for (const id of ['a', 7, 8]) expect(await scene.heard()).toEqual(unknownOutcome(id))

    const next = await scene.reopen()
    scene.request(9, 'ping')
    expect(await next.json()).toMatchObject({ id: 9, method: 'ping' })
    expect(next.waiting).toEqual([])
  })

  it('does not lose lists and reads: the next one gets them as they were', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    const lines = [
      '{"method":"tools/list","params":{"cursor":"x"},"jsonrpc":"2.0","id":1}',
      '{"jsonrpc":"2.0","id":"2","method":"resources/read","params":{"uri":"a:b","n":1e400}}',
      '{"jsonrpc":"2.0","id":3,"method":"completion/complete","params":{}}',
    ]
    for (const line of lines) scene.send(line)
    for (const line of lines) expect(await first.next()).toBe(line)
    first.die()
    const next = await scene.accept()
    next.answer((await next.json()).id)
    await next.next()
    for (const line of lines) expect(await next.next()).toBe(line)
  })

  it.each(['requestState', 'inputResponses'])(
    'does not have a read repeated that carries %s',
    async (member) => {
      await using scene = await startScene()
      const first = await scene.open()
      scene.request(1, 'resources/read', { uri: 'a:b', [member]: {} })
      await first.next()
      first.die()
      expect(await scene.heard()).toEqual(unknownOutcome(1))
    },
  )

  it('takes what it asked the client with it, but for what was answered or taken back', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    for (const id of ['"q1"', '2', '"2"', '"q4"']) {
      first.send(`{"jsonrpc":"2.0","id":${id},"method":"elicitation/create","params":{}}`)
      await scene.said.next()
    }
    scene.send('{"jsonrpc":"2.0","id":"q1","result":{"action":"accept"}}')
    await first.next()
    const back = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q4"}}'
    first.send(back)
    expect(await scene.said.next()).toBe(back)
    first.send('{"jsonrpc":"2.0","method":"notifications/message","params":{"requestId":2}}')
    await scene.said.next()
    first.die()
    for (const requestId of [2, '2'])
      expect(await scene.heard()).toMatchObject({
        method: 'notifications/cancelled',
        params: { requestId },
      })
    const next = await scene.reopen()
    // Answered too late: the one that asked is gone.
    scene.request(9, 'ping')
    expect(await next.json()).toMatchObject({ id: 9, method: 'ping' })
    next.die()
    const third = await scene.accept()
    third.answer((await third.json()).id)
    expect((await scene.heard()).method).toBe('notifications/tools/list_changed')
  })

  it('is told the level and the subscriptions that the one before had accepted', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    const ask = async (id: number, method: string, params: object, accepted = true) => {
      scene.request(id, method, params)
      await first.json()
      if (accepted) first.answer(id)
      else first.send({ jsonrpc: '2.0', id, error: { code: 1, message: 'no' } })
      await scene.heard()
    }
    await ask(1, 'logging/setLevel', { level: 'error' })
    await ask(2, 'logging/setLevel', { level: 'debug' })
    await ask(3, 'logging/setLevel', { level: 'silly' }, false)
    for (const [at, uri] of ['a:1', 'a:2', 'a:3'].entries())
      await ask(10 + at, 'resources/subscribe', { uri })
    await ask(20, 'resources/subscribe', { uri: 'a:4' }, false)
    await ask(21, 'resources/unsubscribe', { uri: 'a:2' })
    await ask(22, 'resources/unsubscribe', { uri: 'a:3' }, false)

    first.die()
    const next = await scene.reopen()
    const told = [await next.json(), await next.json(), await next.json()]
    expect(told.map(({ method, params }) => [method, params])).toEqual([
      ['logging/setLevel', { level: 'debug' }],
      ['resources/subscribe', { uri: 'a:1' }],
      ['resources/subscribe', { uri: 'a:3' }],
    ])
    for (const { id } of told) next.answer(id)
    // The answers were for the shim.
    scene.request(30, 'ping')
    expect((await next.json()).id).toBe(30)
    next.answer(30)
    expect(await scene.heard()).toMatchObject({ id: 30 })
  })

  it('in the middle of an answer leaves nothing of it', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.send(call(1))
    await first.next()
    first.socket.end('{"jsonrpc":"2.0","id":1,"result":{"half":')
    expect(await scene.heard()).toEqual(unknownOutcome(1))
  })

  it('while it opens the session again is followed by another', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.request(1, 'tools/list')
    await first.next()
    first.die()
    const second = await scene.accept()
    expect((await second.json()).method).toBe('initialize')
    second.die()
    const third = await scene.reopen()
    expect(await third.json()).toMatchObject({ id: 1, method: 'tools/list' })
  })

  it('before it has answered the opening: the next one gets that as it was', async () => {
    await using scene = await startScene()
    const first = await scene.accept()
    scene.request('o', 'initialize', { protocolVersion: '2025-06-18' })
    await first.next()
    first.die()
    const next = await scene.accept()
    expect(await next.json()).toMatchObject({ id: 'o', method: 'initialize' })
    next.answer('o', { protocolVersion: '2025-06-18' })
    expect(await scene.heard()).toMatchObject({ id: 'o' })
  })

  it('again and again is not asked the same for ever', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.request(1, 'tools/list')
    await first.next()
    first.die()
    for (let n = 0; n < 2; n++) {
      const next = await scene.reopen()
      expect((await next.json()).id).toBe(1)
      next.die()
    }
    expect(await scene.heard()).toEqual(unknownOutcome(1))
  })

  it('as soon as somebody connects is left alone until the next request', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.request(1, 'tools/list')
    await first.next()
    first.die()
    for (let n = 0; n < 3; n++) (await scene.accept()).die()
    expect(await scene.heard()).toMatchObject({
      id: 1,
      error: { data: { code: 'companion.unreachable' } },
    })
    expect(scene.connections).toEqual([])
    scene.request(2, 'tools/list')
    const next = await scene.reopen()
    expect(await next.json()).toMatchObject({ id: 2 })
  })
})

describe('ids', () => {
  it('may be used again after their answer', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.request(1, 'tools/list')
    await first.next()
    first.answer(1)
    await scene.heard()
    scene.send(call(1))
    await first.next()
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(1))
    const next = await scene.reopen()
    scene.request(2, 'ping')
    expect((await next.json()).id).toBe(2)
  })

  it('that are used twice at once are answered for the one that waits', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.send(call(1))
    scene.request(1, 'tools/list')
    await first.next()
    await first.next()
    // As the companion refuses it.
    first.send({ jsonrpc: '2.0', id: 1, error: { code: -32600, message: 'in use' } })
    expect(await scene.heard()).toMatchObject({ error: { message: 'in use' } })
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(1))
  })

  it('are told apart by type', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.send(call(1))
    scene.send(call('1'))
    await first.next()
    await first.next()
    first.answer('1')
    expect(await scene.heard()).toMatchObject({ id: '1', result: {} })
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(1))
  })

  it('of a request that was given up get no answer', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.send(call(1))
    scene.send(call(2))
    scene.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    for (let n = 0; n < 3; n++) await first.next()
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(2))
    await scene.reopen()
  })
})

describe('while no companion is there', () => {
  it('requests are held, in their order; answers to one that is gone are not', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    first.send({ jsonrpc: '2.0', id: 'asked', method: 'roots/list' })
    expect(await scene.heard()).toMatchObject({ id: 'asked' })
    scene.send(call(0))
    await first.next()
    scene.closeDoor()
    first.die()
    // Now the shim has seen it.
    expect(await scene.heard()).toEqual(unknownOutcome(0))
    expect(await scene.heard()).toMatchObject({ params: { requestId: 'asked' } })
    // It crossed the word that nobody waits any more.
    scene.send({ jsonrpc: '2.0', id: 'asked', result: { roots: [] } })
    const lines = [call(1), call(2), call('3')]
    for (const line of lines) scene.send(line)
    await scene.listen()
    const next = await scene.reopen()
    for (const line of lines) expect(await next.next()).toBe(line)
  })

  it.each([
    ['many', () => '{"jsonrpc":"2.0","id":1,"method":"ping"}', 256],
    ['large', () => call(1, 'x'.repeat(1024 * 1024)), 8],
  ])('a client that writes too %s is not read on', async (_, line, most) => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.send(call(0))
    await first.next()
    scene.closeDoor()
    first.die()
    await scene.heard()
    for (let n = 0; n < most; n++) scene.send(line())
    expect(scene.io.stdin.isPaused()).toBe(true)
    await scene.listen()
    const next = await scene.reopen()
    for (let n = 0; n < most; n++) expect(await next.next()).toBe(line())
    expect(scene.io.stdin.isPaused()).toBe(false)
  })

  it('and none can be started, requests are answered, and the next one tries again', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    await scene.home.writeRun({ argv: ['/no/such/program'] })
    scene.send(call(0))
    await first.next()
    scene.closeDoor()
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(0))
    for (const id of [1, 2]) {
      scene.send(call(id))
      expect(await scene.heard()).toMatchObject({
        id,
        error: {
          message: expect.stringContaining('cannot be started (ENOENT)'),
          data: { code: 'companion.unreachable' },
        },
      })
    }
    await scene.listen()
    scene.send(call(3))
    const next = await scene.reopen()
    expect(await next.next()).toBe(call(3))
  })

  it('none is started beside one that has closed the door of this client', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    const mark = path.join(scene.home.path, 'started')
    const argv = [process.execPath, '-e', `require('fs').writeFileSync(process.argv[1], '')`, mark]
    await scene.home.writeRun({ argv })
    await scene.home.listen(scene.home.control, () => {})
    scene.send(call(0))
    await first.next()
    scene.closeDoor()
    first.die()
    await scene.heard()
    scene.send(call(1))
    await scene.home.writeRun({ argv, clients: {} })
    expect(await scene.heard()).toMatchObject({
      id: 1,
      error: { message: expect.stringContaining('no client is named') },
    })
    expect(existsSync(mark)).toBe(false)
  })

  it('none is started for a client that asks nothing; one that starts is met', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    const mark = path.join(scene.home.path, 'started')
    const argv = [process.execPath, '-e', `require('fs').writeFileSync(process.argv[1], '')`, mark]
    await scene.home.writeRun({ argv })
    scene.send(call(0))
    await first.next()
    scene.closeDoor()
    first.die()
    await scene.heard()
    scene.send({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' })
    await scene.listen()
    await scene.home.writeRun({ argv, pid: 1 })
    const next = await scene.reopen()
    expect(await next.json()).toMatchObject({ method: 'notifications/roots/list_changed' })
    expect(existsSync(mark)).toBe(false)
  })
})

describe('a client without sessions', () => {
  it('needs no opening; what it listens to is listened to again', async () => {
    await using scene = await startScene()
    const first = await scene.accept()
    scene.request('l', 'subscriptions/listen', { notifications: { toolsListChanged: true } })
    scene.send(call(1))
    await first.next()
    await first.next()
    scene.closeDoor()
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(1))
    await scene.listen()
    scene.request(2, 'server/discover')
    const next = await scene.accept()
    expect(await next.json()).toMatchObject({ id: 'l', method: 'subscriptions/listen' })
    expect(await next.json()).toMatchObject({ id: 2, method: 'server/discover' })
    next.answer(2, { supportedVersions: [] })
    expect(await scene.heard()).toMatchObject({ id: 2 })
  })
})

describe('the client', () => {
  it('is told of a message that is too long, and stays', async () => {
    await using scene = await startScene()
    const companion = await scene.open()
    const piece = 'x'.repeat(1024 * 1024)
    for (let n = 0; n < 33; n++) scene.io.stdin.write(piece)
    scene.send('')
    expect(await scene.heard()).toMatchObject({
      id: null,
      error: { code: -32600, data: { code: 'bridge.too_large' } },
    })
    scene.request(1, 'ping')
    expect(await companion.json()).toMatchObject({ id: 1 })
  })

  it('that has said all gets its last answers, also from the next companion', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.request(1, 'tools/list')
    scene.send(call(2))
    await first.next()
    await first.next()
    scene.closeDoor()
    first.die()
    expect(await scene.heard()).toEqual(unknownOutcome(2))
    scene.io.stdin.end()
    await scene.listen()
    const next = await scene.accept()
    next.answer((await next.json()).id)
    await next.next()
    expect(await next.json()).toMatchObject({ id: 1 })
    next.answer(1, { tools: [] })
    next.socket.end()
    await scene.ended
    const said = await Promise.all(Array.from({ length: 4 }, scene.heard))
    expect(said.at(-1)).toMatchObject({ id: 1 })
  })
})
