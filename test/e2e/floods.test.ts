import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../main/bridge/limits.ts'
import { roomOf } from '../../main/runtime/room.ts'
import { exchangeRaw } from '../bridge/support/raw.ts'
import { json, opened, startRemote } from '../bridge/support/remote.ts'
import { openLine } from '../bridge/support/world.ts'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { echo } from './support/calls.ts'
import { forgetPeak, peakBytes, residentBytes } from './support/proc.ts'
import { addClient, CLIENT } from './support/stage.ts'

/**
 * Peers that cost as much as they can, against the shipped companion: an honest client is answered meanwhile, and what the
 * companion has grown by at its largest is less than what it says that peers may cost (docs/limits.md).
 */

const MIB = 1024 * 1024
const HUNDRED = 100 * MIB

/** What the collector has not taken yet, and what sockets cost that nobody waits for. */
const SLACK = 64 * MIB
/** One message of a client or of a server is held once while it is read. */
const OF_CLIENT = limits.messageBytes + SLACK
const OF_SERVER = limits.answerBytes + SLACK

let stage: AsyncDisposableStack
let warder: Warder
let home: string
let bearer: string
let honest: Client

beforeEach(async () => {
  stage = new AsyncDisposableStack()
  home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'tools', '--approve', '--', command, ...args])
  bearer = (await addClient(warder, CLIENT)).bearer
  await addClient(warder, 'other')
  honest = await warder.client('other', 'tools')
  expect(await echo(honest)).toContain('hello')
})
afterEach(() => stage.disposeAsync())

const port = () => Number(new URL(warder.ready.http).port)

/** @returns what the companion has grown by since, where it was largest */
function watchGrowth(): () => number {
  forgetPeak(warder.pid)
  const before = residentBytes(warder.pid)
  return () => peakBytes(warder.pid) - before
}

/** Calls as an honest client while something else is under way, and at least once. */
async function callsDuring(deed: Promise<unknown>): Promise<void> {
  let over = false
  const done = deed.finally(() => {
    over = true
  })
  do expect(await echo(honest)).toContain('hello')
  while (!over)
  await done
}

const initialize = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'

const head = (length: number, more: string[] = []) =>
  [
    'POST /mcp/tools HTTP/1.1',
    `Host: 127.0.0.1:${port()}`,
    `Authorization: Bearer ${bearer}`,
    'Content-Type: application/json',
    `Content-Length: ${length}`,
    ...more,
    '\r\n',
  ].join('\r\n')

/** @returns calls on a connection of its own each time, as a program that starts now has */
async function openKnock(): Promise<() => Promise<number | undefined>> {
  const send = (body: string, more: string[]) =>
    exchangeRaw(port(), head(body.length, ['Connection: close', ...more]) + body)
  const { text } = await send(initialize, [])
  const session = /^mcp-session-id: .*$/im.exec(text)?.[0]?.trim() ?? ''
  const ping = '{"jsonrpc":"2.0","id":2,"method":"ping"}'
  return async () => (await send(ping, [session])).statuses[0]
}

async function stranger(): Promise<Socket> {
  const socket = connect({ port: port(), host: '127.0.0.1' })
  socket.on('error', () => {})
  stage.defer(() => void socket.destroy())
  await once(socket, 'connect')
  return socket.resume()
}

const strangers = (count: number) => Promise.all(Array.from({ length: count }, stranger))

describe.skipIf(process.platform !== 'linux')('a flood', () => {
  it('of 10,000 connections that say nothing keeps nobody out', async () => {
    const knocks = await openKnock()
    const growth = watchGrowth()
    // Fewer at a time than may wait, so that whoever comes after them is not the one that waited longest.
    for (let count = 0; count < 10_000; count += 200) {
      await strangers(200)
      expect(await knocks()).toBe(200)
    }
    expect(await echo(honest)).toContain('hello')
    expect(growth()).toBeLessThan(SLACK)
  })

  it('of requests that never get done, in their headers and bodies, keeps nobody waiting', async () => {
    const knocks = await openKnock()
    const growth = watchGrowth()
    const [inHeaders, inBodies] = [await strangers(200), await strangers(200)]
    for (const socket of inHeaders) socket.write('POST /mcp/tools HTTP/1.1\r\nX-A: ')
    for (const socket of inBodies) socket.write(head(100_000))
    for (let turn = 0; turn < 20; turn++) {
      for (const socket of [...inHeaders, ...inBodies]) if (socket.writable) socket.write('a')
      expect(await echo(honest)).toContain('hello')
      expect(await knocks()).toBe(200)
    }
    expect(growth()).toBeLessThan(SLACK)
  })
})

/** Writes until all is written, or the other side has gone. */
async function pour(socket: Socket, bytes: number): Promise<void> {
  const piece = Buffer.alloc(MIB, 'a')
  const room = roomOf(socket)
  for (let at = 0; at < bytes && !socket.destroyed && socket.writable; at += piece.length) {
    socket.write(piece)
    await (room() ?? setImmediate())
  }
}

/** Says what the tool is called, in as many bytes as it is told. */
const large = `
import { createInterface } from 'node:readline'
const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize') return console.log(JSON.stringify({ jsonrpc: '2.0', id, result: opened }))
  if (params?.name === 'large') return process.stdout.write('a'.repeat(${HUNDRED}))
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }))
})`

async function addLarge(): Promise<void> {
  const file = path.join(home, 'large.mjs')
  await writeFile(file, large)
  await warder.ok(['server', 'add', 'large', '--approve', '--', process.execPath, file])
}

const lineTo = (server: string) =>
  openLine(path.join(warder.ready.sockets, `client-${CLIENT}.sock`), server)

describe.skipIf(process.platform !== 'linux')('100 MiB without an end', () => {
  it('on the socket of a client end that connection', async () => {
    const growth = watchGrowth()
    const line = await lineTo('tools')
    await callsDuring(pour(line.socket, HUNDRED))
    expect(await line.next()).toContain('"code":"bridge.too_large"')
    expect(await line.next()).toBeNull()
    expect(growth()).toBeLessThan(OF_CLIENT)
  })

  it('as a body at the token door are refused, announced or not', async () => {
    const growth = watchGrowth()
    const announced = await exchangeRaw(port(), head(HUNDRED), 1)
    expect(announced.statuses).toEqual([413])
    const socket = connect({ port: port(), host: '127.0.0.1' })
    socket.on('error', () => {})
    const answered = once(socket, 'data')
    socket.write(head(0).replace(/Content-Length: 0/, 'Transfer-Encoding: chunked'))
    socket.write(`${HUNDRED.toString(16)}\r\n`)
    const poured = pour(socket, HUNDRED)
    await callsDuring(answered)
    expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
    await poured
    expect(growth()).toBeLessThan(OF_CLIENT)
  })

  it('of a local server end it, and its call with a reason', async () => {
    await addLarge()
    const growth = watchGrowth()
    const line = await lineTo('large')
    await line.open()
    const answer = line.call('tools/call', { name: 'large' })
    await callsDuring(answer)
    expect(await answer).toMatchObject({
      error: { data: { code: expect.stringMatching(/^server\./) } },
    })
    expect(await line.call('tools/call', { name: 'small' })).toHaveProperty('result')
    line.close()
    expect(growth()).toBeLessThan(OF_SERVER)
  })

  it.each(['application/json', 'text/event-stream'])(
    'of a remote server as %s end its call with a reason',
    async (type) => {
      await using remote = await startRemote(({ id, rpc, method, body }, response) => {
        if (method !== 'POST') return response.writeHead(405).end()
        if (rpc === 'initialize') return json(response, id, opened)
        if (rpc?.startsWith('notifications/')) return response.writeHead(202).end()
        if (!body.includes('"large"')) return json(response, id, '{"content":[]}')
        response.writeHead(200, { 'content-type': type })
        if (type === 'text/event-stream') response.write('data: ')
        void pourAnswer(response)
      })
      await warder.ok(['server', 'add', 'far', '--url', remote.url, '--auth', 'public'])
      const growth = watchGrowth()
      const line = await lineTo('far')
      await line.open()
      const answer = line.call('tools/call', { name: 'large' })
      await callsDuring(answer)
      expect(await answer).toMatchObject({
        error: { data: { code: 'bridge.too_large' } },
      })
      expect(await line.call('tools/call', { name: 'small' })).toHaveProperty('result')
      line.close()
      expect(growth()).toBeLessThan(OF_SERVER)
    },
  )

  async function pourAnswer(response: ServerResponse): Promise<void> {
    const piece = Buffer.alloc(MIB, 'a')
    const room = roomOf(response)
    for (let at = 0; at < HUNDRED && !response.destroyed; at += piece.length) {
      response.write(piece)
      await room()
    }
    response.end()
  }
})
