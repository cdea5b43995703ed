import type net from 'node:net'
import { PassThrough } from 'node:stream'
import { runShim } from '../../../main/shim/shim.ts'
import { companionHome } from './home.ts'

type Json = Record<string, unknown>

/** Lines of a stream, in order; null at its end. */
function linesOf(stream: NodeJS.ReadableStream) {
  const lines: (string | null)[] = []
  let more = Promise.withResolvers<void>()
  let rest = ''
  const put = (line: string | null) => {
    lines.push(line)
    more.resolve()
    more = Promise.withResolvers()
  }
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) put(line)
  })
  stream.once('end', () => put(null))
  return {
    /** What has come and was not asked for yet. */
    waiting: lines,
    rest: () => rest,
    async next(): Promise<string | null> {
      while (lines.length === 0) await more.promise
      return lines.shift() ?? null
    },
  }
}

/** One connection of the shim, as its companion sees it. */
function companionSide(socket: net.Socket) {
  const lines = linesOf(socket)
  return {
    socket,
    ...lines,
    async json(): Promise<Json> {
      return JSON.parse((await lines.next()) ?? 'null')
    },
    send: (message: unknown) =>
      socket.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    answer: (id: unknown, result: unknown = {}) =>
      socket.write(
        `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result)}}\n`,
      ),
    /** As the kernel does for a process that was killed. */
    die: () => socket.destroy(),
  }
}

export type CompanionSide = ReturnType<typeof companionSide>

const idle = [process.execPath, '-e', '']

/** A shim in this process, a client that writes to it, and companions that come and go on a real socket. */
export async function startScene() {
  const home = await companionHome()
  // What is started does nothing: the test itself is the companion.
  await home.writeRun({ argv: idle })
  const connections: CompanionSide[] = []
  let more = Promise.withResolvers<void>()
  let server: net.Server | undefined
  const listen = async () => {
    server = await home.listen(home.socket, (socket) => {
      connections.push(companionSide(socket))
      more.resolve()
      more = Promise.withResolvers()
    })
  }
  await listen()

  let tick = () => {}
  const io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    ppid: process.ppid,
    exitCode: undefined as number | undefined,
    every: (act: () => void) => {
      tick = act
      return () => {
        tick = () => {}
      }
    },
  }
  const ended = runShim(['--client', 'editor', '--home', home.path], io)
  const out = linesOf(io.stdout)

  async function accept(): Promise<CompanionSide> {
    for (;;) {
      const connection = connections.shift()
      if (connection === undefined) await more.promise
      // A shim that was on its way twice lets go of one connection before it says anything.
      else if ((await connection.next()) !== null) return connection
    }
  }

  const scene = {
    home,
    io,
    ended,
    connections,
    accept,
    listen,
    /** The time between two looks at the parent is over. */
    tick: () => tick(),
    /** Nobody gets in any more; connections stay. */
    closeDoor: () => void server?.close(),
    send: (message: unknown) =>
      io.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
    request: (id: unknown, method: string, params?: unknown) =>
      scene.send({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }),
    /** The next message that the client gets. */
    heard: async (): Promise<Json> => JSON.parse((await out.next()) ?? 'null'),
    said: out,
    /** The client opens its session, and the companion lets it. */
    async open(): Promise<CompanionSide> {
      const companion = await accept()
      scene.request(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {} })
      const { id } = await companion.json()
      companion.answer(id, { protocolVersion: '2025-11-25', capabilities: {} })
      await scene.heard()
      scene.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
      await companion.json()
      return companion
    },
    /** A companion that comes after another: opens the client's session again. */
    async reopen(): Promise<CompanionSide> {
      const companion = await accept()
      const { id, method } = await companion.json()
      if (method !== 'initialize') throw new Error(`opened with ${String(method)}`)
      companion.answer(id)
      const initialized = await companion.json()
      if (initialized.method !== 'notifications/initialized') throw new Error('not opened')
      for (const list of ['tools', 'resources', 'prompts']) {
        const { method: told } = await scene.heard()
        if (told !== `notifications/${list}/list_changed`) throw new Error(`told ${String(told)}`)
      }
      return companion
    },
    async [Symbol.asyncDispose]() {
      io.stdin.end()
      io.stdin.destroy()
      for (const { socket } of connections) socket.destroy()
      await home[Symbol.asyncDispose]()
    },
  }
  return scene
}
