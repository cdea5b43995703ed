import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { z } from 'zod'
import { WarderError } from '../../errors.ts'
import type { Share } from '../../runtime/budget.ts'
import { readLines } from '../../runtime/lines.ts'
import { roomOf } from '../../runtime/room.ts'
import { writeAtOnce, writeTogether } from '../../runtime/write-together.ts'
import { nameSchema } from '../../store/config-schema.ts'
import { isFolder } from '../../store/folders.ts'
import { listenPrivately } from '../../store/private-socket.ts'
import { onOneLine } from '../envelope.ts'
import { limits } from '../limits.ts'
import { refusal } from '../refusal.ts'
import type { Channel } from '../types.ts'
import { countUnread } from './unread.ts'

/**
 * One socket per client, in a directory that only this user can enter. Reaching it is the credential: it tells clients
 * apart, and the audit says `same-user`, since any program of this user can reach it as well.
 */
export interface SocketDoor {
  close(): Promise<void>
}

/** A client that came through its socket and named its server. */
export interface SocketVisit {
  /** Where what waits of the client counts. */
  readonly share: Share
  /** @returns what takes its messages */
  open(greeting: Greeting, channel: Channel): Visitor
}

export interface Visitor {
  /** Settles when the message was answered; never rejects. */
  receive(line: string): Promise<void>
  close(): void
}

/**
 * First line of the shim: which server the client was wired to, and the folder it was started in. The folder is the word
 * of whoever holds the socket. It tells the projects of one client apart; it attests nothing.
 */
const greeting = z.object({
  warder: z.literal(1),
  server: nameSchema.optional(),
  // One that is no folder of ours is none: a client in a strange place still gets in.
  folder: z.string().max(4096).refine(isFolder).optional().catch(undefined),
})

export type Greeting = z.output<typeof greeting>

/** @throws WarderError `store.unwritable` */
export async function openSocketDoor(path: string, visit: SocketVisit): Promise<SocketDoor> {
  // The home's lock is ours, so a socket that lies here is a leftover.
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  // Half open: a client that has said all it wants still reads the answers that are on their way.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A client that goes away is seen at the end of its stream; nothing else is to be done about it.
    socket.on('error', () => {})
    void serve(socket, visit)
  })
  server.maxConnections = limits.connectionsPerClient
  await listenPrivately(server, path).catch((cause: unknown) => {
    throw new WarderError('store.unwritable', `The socket ${path} cannot be opened.`, { cause })
  })
  return {
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}

async function serve(socket: Socket, visit: SocketVisit): Promise<void> {
  /** Messages that are not answered yet; a number, since a Set of what is so brief makes it old (`brief-map.ts`). */
  let underWay = 0
  const last = Promise.withResolvers<void>()
  const wrote = countUnread(socket, visit.share)
  const sendBy = (write: (socket: Socket, text: string | Buffer) => unknown) => (text: string) => {
    if (socket.destroyed) return
    // A client that does not read must not fill our memory, nor make others wait.
    if (socket.writableLength > limits.outgoingBytes) socket.destroy()
    else if (text.length <= LONG) write(socket, `${onOneLine(text)}\n`)
    else {
      // Put together it would be in memory once more; a text that waits counts by its characters, and holds up to three times that.
      write(socket, Buffer.from(onOneLine(text)))
      write(socket, '\n')
    }
    wrote()
  }
  const send = sendBy(writeTogether)
  const sendAtOnce = sendBy(writeAtOnce)
  const leaving = new AbortController()
  const channel: Channel = {
    send,
    // What is alone shares its way with nothing, and the turn has more to do before its end.
    reply: (text) => (underWay > 1 ? send : sendAtOnce)(text),
    refuse: send,
    leaving: () => leaving.signal,
    room: roomOf(socket),
  }
  const visitors: Visitor[] = []
  try {
    await readLines(
      socket,
      {
        onLine(line) {
          const [visitor] = visitors
          if (visitor === undefined) {
            visitors.push(visit.open(greetingOf(line), channel))
            return
          }
          underWay++
          void visitor.receive(line).then(() => {
            underWay--
            if (underWay === 0 && leaving.signal.aborted) last.resolve()
          })
        },
        onDropped: () => send(refusal('null', notUtf8())),
      },
      { maxBytes: limits.messageBytes, room: visit.share.asks },
    )
    leaving.abort()
    if (underWay > 0) await within(limits.lastAnswersMs, last.promise, socket)
  } catch (error) {
    channel.refuse(refusal('null', error))
  } finally {
    leaving.abort()
    for (const visitor of visitors) visitor.close()
    leave(socket)
  }
}

/** A text of so many characters is worth a second write. */
const LONG = 1024 * 1024

const notUtf8 = () =>
  new WarderError('bridge.malformed', 'The message is refused: it is not UTF-8.')

/** Says no more. What the client still writes is read and thrown away for a moment, so that it gets to read the end. */
function leave(socket: Socket): void {
  socket.end()
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), limits.goodbyeTimeoutMs)
  socket.once('close', () => clearTimeout(timer))
}

/** Waits for the last answers, no longer than the limit, and not for a client that is gone. */
async function within(ms: number, answers: Promise<unknown>, socket: Socket): Promise<void> {
  const gone = Promise.withResolvers<void>()
  const timer = setTimeout(gone.resolve, ms)
  socket.once('close', gone.resolve)
  await Promise.race([answers, gone.promise])
  clearTimeout(timer)
}

/** @throws WarderError `bridge.malformed` */
function greetingOf(line: string): Greeting {
  try {
    return greeting.parse(JSON.parse(line))
  } catch (cause) {
    throw new WarderError(
      'bridge.malformed',
      'The shim and the companion are of different versions.',
      { cause },
    )
  }
}
