import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'
import { createBriefMap } from '../../../main/bridge/brief-map.ts'
import { type AnswerBody, exchange, type UnderWay } from '../../../main/bridge/upstream/exchange.ts'
import type { Room } from '../../../main/runtime/budget.ts'

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const sockets = new Set<Socket>()
  const server = createServer(answer)
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dispatcher = new Agent({ connections: 1 })
  const underWay: UnderWay = createBriefMap()
  const ask = (signal = new AbortController().signal, room?: Room) =>
    exchange(
      dispatcher,
      {
        origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        path: '/',
        method: 'GET',
        headers: {},
        headersTimeout: 10_000,
        bodyTimeout: 0,
      },
      signal,
      underWay,
      room,
    )
  return {
    ask,
    underWay,
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Takes so much, and tells each change. */
function roomFor(most: number) {
  let held = 0
  const seen: number[] = []
  return {
    seen,
    take(bytes: number) {
      if (held + bytes > most) return false
      held += bytes
      seen.push(held)
      return true
    },
    give(bytes: number) {
      held -= bytes
      seen.push(held)
    },
  }
}

async function whole(body: AnswerBody): Promise<number> {
  let bytes = 0
  for (let chunk = await body.next(); chunk !== null; chunk = await body.next())
    bytes += chunk.length
  return bytes
}

describe('what nobody has read yet', () => {
  it('counts, and what there is no room for is given up', async () => {
    await using server = await serve((_, response) => response.end('a'.repeat(200_000)))
    const answer = await server.ask(undefined, roomFor(100_000))
    while (server.underWay.size > 0) await turn()
    await expect(whole(answer.body)).rejects.toMatchObject({ code: 'bridge.busy' })
  })

  it.each(['read', 'discarded'])('counts no more once it is %s', async (how) => {
    await using server = await serve((_, response) => response.end('a'.repeat(200_000)))
    const room = roomFor(200_000)
    const answer = await server.ask(undefined, room)
    while (server.underWay.size > 0) await turn()
    expect(room.seen.at(-1)).toBe(200_000)
    if (how === 'read') expect(await whole(answer.body)).toBe(200_000)
    else answer.body.discard()
    expect(room.seen.at(-1)).toBe(0)
  })
})

describe('an exchange', () => {
  it('gives the fields before the body, and every byte of it', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'X-Name': 'value' })
      response.write('a'.repeat(70_000))
      response.end('b')
    })
    const answer = await server.ask()
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['x-name']).toBe('value')
    expect(await whole(answer.body)).toBe(70_001)
    expect(server.underWay.size).toBe(0)
  })

  it('takes what announces an answer for none', async () => {
    await using server = await serve((_, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' })
      response.end('done')
    })
    const answer = await server.ask()
    expect(answer.statusCode).toBe(200)
    expect(await whole(answer.body)).toBe(4)
  })

  it('lets the server wait where nobody reads', async () => {
    const most = 32 * 1024 * 1024
    let taken = 0
    const full = Promise.withResolvers<void>()
    await using server = await serve((_, response) => {
      const piece = Buffer.alloc(256 * 1024)
      const write = () => {
        while (taken < most) {
          taken += piece.length
          if (response.write(piece)) continue
          full.resolve()
          response.once('drain', write)
          return
        }
        response.end()
      }
      write()
    })
    const answer = await server.ask()
    await full.promise
    // A turn of this loop moves what it can; the rest stays with the server, whose sockets hold some megabytes at most.
    for (let turn = 0; turn < 1_000; turn++) await new Promise((done) => setImmediate(done))
    expect(taken).toBeLessThan(most)
    expect(await whole(answer.body)).toBe(most)
  })

  it('is given up before, while and after its fields arrive', async () => {
    await using server = await serve((request, response) => {
      if (request.headers.accept === undefined) response.writeHead(200).write('first')
    })
    const reason = new Error('given up')
    const before = AbortSignal.abort(reason)
    expect(() => server.ask(before)).toThrow(reason)

    const connecting = new AbortController()
    const early = server.ask(connecting.signal)
    connecting.abort(reason)
    await expect(early).rejects.toBe(reason)

    const reading = new AbortController()
    const answer = await server.ask(reading.signal)
    expect(String(await answer.body.next())).toBe('first')
    const next = answer.body.next()
    reading.abort(reason)
    await expect(next).rejects.toBe(reason)
    expect(server.underWay.size).toBe(0)
  })

  it('leaves nothing at a signal that lasts longer, answered or broken', async () => {
    await using server = await serve(({ socket }, response) => {
      if (server.underWay.size === 1) response.end('all of it')
      else socket.destroy()
    })
    const { signal } = new AbortController()
    const listening = () => getEventListeners(signal, 'abort').length
    const answer = await server.ask(signal)
    expect(await whole(answer.body)).toBe(9)
    expect(listening()).toBe(0)
    server.underWay.set(Symbol(), { giveUp: () => {} })
    const broken = server.ask(signal)
    expect(listening()).toBe(1)
    await expect(broken).rejects.toThrow()
    expect(listening()).toBe(0)
  })

  it('is given up by whoever holds what is under way', async () => {
    await using server = await serve((_, response) => void response.writeHead(200).write('first'))
    const answer = await server.ask()
    expect(await answer.body.next()).toHaveLength(5)
    const next = answer.body.next()
    const reason = new Error('closed')
    for (const one of server.underWay.values()) one.giveUp(reason)
    await expect(next).rejects.toBe(reason)
  })

  it('keeps the connection where a short rest is not read', async () => {
    await using server = await serve((_, response) => response.end('a'.repeat(1_000)))
    for (let turn = 0; turn < 5; turn++) (await server.ask()).body.discard()
    expect(await whole((await server.ask()).body)).toBe(1_000)
    expect(server.connections()).toBe(1)
  })

  it('cuts a long rest off', async () => {
    const gone = Promise.withResolvers<void>()
    await using server = await serve((_, response) => {
      response.on('close', gone.resolve)
      response.write('a'.repeat(200_000))
    })
    const answer = await server.ask()
    answer.body.discard()
    await gone.promise
  })

  it('tells what broke it', async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('a')
      setImmediate(() => response.destroy())
    })
    const answer = await server.ask()
    await expect(whole(answer.body)).rejects.toThrow(/./)
  })
})
