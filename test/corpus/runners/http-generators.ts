import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { World } from '../../bridge/support/world.ts'

/** Entries of `http.json` that are no bytes but something that a peer does. */

const count = z.number().int().positive()
export const deedSchema = z.union([
  z.strictObject({
    gen: z.literal('slow_body'),
    bytes_per_second: z.number().positive(),
    content_length: count,
    duration_s: z.number(),
  }),
  z.strictObject({
    gen: z.literal('slowloris'),
    bytes_per_second: z.number().positive().default(1),
    duration_s: z.number().optional(),
  }),
  z.strictObject({ gen: z.literal('idle_connections'), count, duration_s: z.number() }),
  z.strictObject({ gen: z.literal('half_close'), after: z.literal('headers') }),
  z.strictObject({ gen: z.literal('abort_mid_response'), count }),
  z.strictObject({ gen: z.literal('connect_from'), address: z.string() }),
  z.strictObject({ gen: z.literal('connect_as'), user: z.string() }),
])
export type Deed = z.output<typeof deedSchema>

export interface DeedStage {
  readonly world: World
  /** A call by the book, over a connection of its own; its status. */
  honest(): Promise<number>
  /** Calls that the server never answers; how many of them are still open there. */
  readonly unanswered: () => number
  /** A request that the server begins to answer and never ends. */
  readonly endless: () => Buffer
  /** The head of a request by the book, with this length of its body. */
  head(length: number): string
}

/** @returns statuses as the peer saw them; `close` where the connection ended without one */
export async function perform(deed: Deed, stage: DeedStage): Promise<(number | 'close')[]> {
  switch (deed.gen) {
    case 'slow_body':
      return [await dripped(stage, stage.head(deed.content_length), deed.bytes_per_second)]
    case 'slowloris':
      return [await dripped(stage, 'POST /mcp HTTP/1.1\r\nX-A: ', deed.bytes_per_second)]
    case 'idle_connections':
      return idle(stage, deed.count)
    case 'half_close':
      return [await halfClosed(stage)]
    case 'abort_mid_response':
      return aborted(stage, deed.count)
    case 'connect_from':
      return fromElsewhere(stage)
    case 'connect_as':
      return asSomebodyElse(stage)
  }
}

const open = ({ world }: DeedStage) => {
  const socket = connect({ port: world.bridge.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  return socket
}

const statusIn = (answer: string): number | 'close' => {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]
  return status === undefined ? 'close' : Number(status)
}

async function answerOf(socket: Socket): Promise<number | 'close'> {
  return statusIn(await text(socket).catch(() => ''))
}

/** A byte now and then, until the door has had enough; another client is served meanwhile. */
async function dripped(
  stage: DeedStage,
  start: string,
  bytesPerSecond: number,
): Promise<number | 'close'> {
  const socket = open(stage)
  socket.write(start)
  const drip = setInterval(() => socket.writable && socket.write('a'), 1_000 / bytesPerSecond)
  try {
    const [status, served] = await Promise.all([answerOf(socket), stage.honest()])
    if (served !== 200) throw new Error('another client was not served')
    return status
  } finally {
    clearInterval(drip)
    socket.destroy()
  }
}

/** All stay silent while another client is served; those that are too many are closed for it. */
async function idle(stage: DeedStage, times: number): Promise<(number | 'close')[]> {
  const sockets = Array.from({ length: times }, () => open(stage))
  try {
    const opened = sockets.map((socket) =>
      socket.readyState === 'open' ? undefined : once(socket, 'connect').catch(() => {}),
    )
    await Promise.all(opened)
    if ((await stage.honest()) !== 200) throw new Error('another client was not served')
    return [await Promise.race(sockets.map(answerOf))]
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

async function halfClosed(stage: DeedStage): Promise<number | 'close'> {
  const socket = open(stage)
  socket.end(stage.head(10))
  return answerOf(socket)
}

/** So many calls of another client pass until the end of others has got to the server. */
const MOST_QUESTIONS = 500

/** Each wave waits at the server before it is given up; in the end nothing of them is left there. */
async function aborted(stage: DeedStage, times: number): Promise<'close'[]> {
  const WAVE = 50
  for (let left = times; left > 0; left -= WAVE) {
    const sockets = Array.from({ length: Math.min(WAVE, left) }, () => {
      const socket = open(stage)
      socket.write(stage.endless())
      return socket
    })
    // Its first event is there, so the answer has begun.
    await Promise.all(sockets.map((socket) => once(socket, 'data')))
    for (const socket of sockets) socket.destroy()
    for (let asked = 0; stage.unanswered() > 0; asked++) {
      if (asked > MOST_QUESTIONS) throw new Error('calls that were given up are still open')
      await stage.honest()
    }
  }
  if ((await stage.honest()) !== 200) throw new Error('another client was not served')
  return ['close']
}

/** Every address of this machine but the door's own. */
async function fromElsewhere({ world }: DeedStage): Promise<'close'[]> {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address, scopeid }) => address !== '127.0.0.1' && !scopeid)
    .map(({ address }) => address)
  for (const host of [...own, '127.0.0.2']) {
    const socket = connect({ port: world.bridge.port, host })
    const reached = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (reached) throw new Error('listens on another address than its own')
  }
  return ['close']
}

const NOBODY = 65_534

/** Another user of the machine: at the port without a token, and at the socket of each client. */
async function asSomebodyElse({ world }: DeedStage): Promise<(number | 'close')[]> {
  if (process.getuid?.() !== 0) throw new Error('only root can become another user')
  const script = `
    const net = require('node:net')
    const request = 'POST /mcp HTTP/1.1\\r\\nHost: 127.0.0.1:${world.bridge.port}\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\n{}'
    const visit = (options) => new Promise((resolve) => {
      let answer = ''
      const socket = net.connect(options, () => socket.write(request))
      socket.on('data', (chunk) => { answer += chunk })
      socket.on('error', (error) => { answer = error.code })
      socket.on('close', () => resolve(answer))
    })
    const ways = [{ port: ${world.bridge.port}, host: '127.0.0.1' }, ...${JSON.stringify(Object.values(world.bridge.sockets()).map((path) => ({ path })))}]
    Promise.all(ways.map(visit)).then((answers) => console.log(JSON.stringify(answers)))`
  const child = spawn(process.execPath, ['-e', script], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [atPort = '', ...atSockets] = JSON.parse(await text(child.stdout)) as string[]
  if (atSockets.length === 0 || atSockets.some((answer) => answer !== 'EACCES'))
    throw new Error('somebody else got to a socket')
  return [statusIn(atPort)]
}
