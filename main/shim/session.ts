import type net from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { type Every, type Parent, watchDeparture } from './departure.ts'
import { ShimError, unreachable } from './failure.ts'
import { createLines } from './lines.ts'
import { answeredBy, membersOf, rawOf } from './message.ts'
import { createWaiting, isStanding, type Opening, type Request, withId } from './waiting.ts'
import { awaitCompanion } from './watch.ts'

/** How the client's session goes on over the lives of several companions. */
export interface SessionOptions {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** The first line that a companion gets. */
  readonly hello: string
  /** The first connection. */
  readonly socket: net.Socket
  /** Connects to the companion that runs, or else to one that is started for it. @throws ShimError */
  readonly reach: (signal: AbortSignal) => Promise<net.Socket>
  /** Connects to the companion that runs. @throws ShimError; resolves with null where none does */
  readonly find: () => Promise<net.Socket | null>
  /** Where a companion that starts leaves its mark. */
  readonly home: string
  readonly parent: Parent
  readonly every: Every
}

/** What the companion takes for one message; what is longer is refused here, so that the session stays. */
const maxMessageBytes = 32 * 1024 * 1024
/** What is held for a companion that is not there yet; then the client is no longer read. */
const maxHeld = 256
const maxHeldBytes = 8 * 1024 * 1024
/** So often is a request handed over that changes nothing, and a session opened that does not get open. */
const mostTries = 3
/** How long answers are waited for after the client has closed its side. */
const lastAnswersMs = 5_000

/** As the companion numbers its refusals (`bridge/refusal.ts`). */
const refusedByWarder = -32050
const invalidRequest = -32600

/** @returns the exit code, when the client has left */
export function runSession(options: SessionOptions): Promise<number> {
  const { stdin, stdout, stderr, hello, reach, find, home, parent, every } = options
  const { promise: left, resolve } = Promise.withResolvers<number>()
  const waiting = createWaiting()
  const leaving = new AbortController()
  /** Answers to what the shim itself asked. */
  const own = new Map<string, () => void>()
  let counter = 0
  let link: net.Socket | null = null
  /** Messages pass only when the session is open at this companion. */
  let ready = false
  let tries = 0
  /** The companion has answered something. */
  let useful = false
  let passed: Buffer[] = []
  let held: Buffer[] = []
  let heldBytes = 0
  let clientEnded = false
  let lastAnswers: NodeJS.Timeout | undefined
  let reviving = false
  /** The companion has gone, and perhaps the client as well. */
  let undecided = false
  let stopWatching: (() => void) | null = null

  function leave(): void {
    if (leaving.signal.aborted) return
    leaving.abort()
    clearTimeout(lastAnswers)
    stopWatching?.()
    departure.stop()
    link?.destroy()
    resolve(0)
  }

  const departure = watchDeparture({
    every,
    parent,
    canAsk: () => waiting.opening() !== null,
    toClient,
    isRead: () => !stdin.isPaused(),
    onAlive: decide,
    onGone: leave,
  })

  function toClient(text: string): void {
    stdout.write(`${text}\n`)
  }

  function refuse(id: string, code: string, message: string, number = refusedByWarder): void {
    const error = JSON.stringify({ code: number, message, data: { code } })
    toClient(`{"jsonrpc":"2.0","id":${id},"error":${error}}`)
  }

  /** The client is read only as fast as somebody takes it. */
  function regulate(): void {
    if (ready ? link?.writableNeedDrain : isFull()) stdin.pause()
    else stdin.resume()
  }

  const isFull = () => held.length >= maxHeld || heldBytes >= maxHeldBytes

  function fromClient(pieces: readonly Buffer[]): void {
    const [only, ...more] = pieces
    const line = only !== undefined && more.length === 0 ? only : Buffer.concat(pieces)
    if (departure.heard(line)) return
    if (ready && link?.writable) pass(line)
    else hold(line)
  }

  function hold(line: Buffer): void {
    const members = membersOf(line)
    // An answer is for the companion that asked.
    if (members !== null && !members.has('method')) return
    held.push(line)
    heldBytes += line.length
    // A notification waits for the next request: it is no reason to start a companion.
    if (members?.has('id') !== false || isFull()) revive()
  }

  function pass(line: Buffer): void {
    link?.write(line)
    passed.push(line)
  }

  /** Takes note of what has gone to the companion, while that reads it. */
  function note(): void {
    const lines = passed
    passed = []
    for (const line of lines) waiting.sending(line)
  }

  function fromCompanion(pieces: readonly Buffer[]): void {
    const answer = answeredBy(headOf(pieces)) ?? answeredBy(Buffer.concat(pieces))
    const mine = answer && own.get(answer.id)
    if (answer) useful = true
    if (answer && mine) {
      own.delete(answer.id)
      mine()
      return
    }
    if (answer) waiting.answered(answer.id, answer.failed)
    else waiting.asked(Buffer.concat(pieces))
    for (const piece of pieces) stdout.write(piece)
  }

  /** Asks something in the client's name; the answer is not for the client. */
  function ask(line: Buffer, then: () => void = () => {}): void {
    const id = JSON.stringify(`warder-shim-${process.pid}-${++counter}`)
    own.set(id, then)
    link?.write(withId(line, id))
  }

  function open(socket: net.Socket): void {
    stopWatching?.()
    link = socket
    useful = false
    const lines = createLines({ onLine: fromCompanion })
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      if (link !== socket) return
      // A client that waits for an answer is silent because of that.
      const isOver = departure.suspected && !waiting.all().some(isOwed)
      stdout.cork()
      lines.push(chunk)
      stdout.uncork()
      if (stdout.writableNeedDrain) socket.pause()
      if (isOver && departure.look() === 'gone') leave()
    })
    socket.on('drain', regulate)
    socket.once('close', () => {
      if (link === socket) lost()
    })
    socket.write(hello)
    const opening = waiting.opening()
    if (opening === null) goOn()
    else openAgain(opening)
  }

  function openAgain({ initialize, rest }: Opening): void {
    tries++
    ask(initialize, () => {
      for (const line of rest)
        if (membersOf(line)?.has('id')) ask(line)
        else link?.write(line)
      goOn()
      // Much may have changed while nobody could say so.
      if (waiting.initialized) for (const text of listsChanged) toClient(text)
    })
  }

  function goOn(): void {
    ready = true
    tries = 0
    link?.cork()
    for (const request of waiting.all()) {
      request.sent++
      if (request.line !== null) link?.write(request.line)
    }
    const lines = held
    held = []
    heldBytes = 0
    for (const line of lines) pass(line)
    link?.uncork()
    note()
    if (clientEnded) end()
    else regulate()
  }

  function lost(): void {
    link = null
    ready = false
    own.clear()
    const over = waiting.all().filter(({ line, sent }) => line === null || sent >= mostTries)
    waiting.forget(over)
    for (const { id } of over)
      refuse(
        id,
        'bridge.outcome_unknown',
        'Warder went away while this was under way. It may have been carried out, and was not repeated.',
      )
    // Its person would answer nobody.
    for (const id of waiting.unanswered())
      toClient(
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":"Warder went away."}}`,
      )
    const client = clientEnded ? 'gone' : departure.look()
    undecided = client !== 'gone'
    if (client === 'gone') leave()
    else if (client === 'here') decide()
    // What it answers has to come through.
    else regulate()
  }

  function decide(): void {
    if (!undecided) return
    undecided = false
    if (tries >= mostTries) giveUp(new ShimError(unreachable, 'the companion ends again and again'))
    else if (held.length > 0 || waiting.all().some(isOwed)) revive()
    else idle({ look: useful })
  }

  const isOwed = (request: Request) => !isStanding(request)

  /** For what the client is owed, a companion is started where none runs. */
  function revive(): void {
    regulate()
    if (link !== null || reviving) return
    reviving = true
    stopWatching?.()
    reach(leaving.signal).then(
      (socket) => {
        reviving = false
        if (leaving.signal.aborted) socket.destroy()
        else open(socket)
      },
      (error: unknown) => {
        reviving = false
        if (!leaving.signal.aborted) giveUp(error)
      },
    )
  }

  /** The client stays, and its next request is the next occasion. */
  function giveUp(error: unknown): void {
    const why = error instanceof ShimError ? error.message : 'the companion cannot be reached'
    stderr.write(`warder: ${why}\n`)
    tries = 0
    const owed = waiting.all().filter(isOwed)
    waiting.forget(owed)
    const unsent = held.flatMap((line) => {
      const id = membersOf(line)?.get('id')
      return id ? [rawOf(line, id)] : []
    })
    held = []
    heldBytes = 0
    for (const id of [...owed.map((request) => request.id), ...unsent])
      refuse(id, 'companion.unreachable', `Warder cannot be reached: ${why}.`)
    if (clientEnded) leave()
    else idle({ look: false })
  }

  /**
   * Nothing is asked of a companion: one that starts by itself is met, and none is started.
   *
   * @param options.look whether it may be there already; one that only ends us is left alone
   */
  function idle(options: { look: boolean }): void {
    regulate()
    stopWatching?.()
    stopWatching = awaitCompanion({ home, find, now: options.look }, open)
  }

  /** The client will say no more; its last answers may still be on their way. */
  function end(): void {
    link?.end()
    lastAnswers ??= setTimeout(leave, lastAnswersMs)
  }

  stdin.once('end', () => {
    lines.finish()
    note()
    clientEnded = true
    decide()
    if (ready) end()
    else if (held.length === 0 && !waiting.all().some(isOwed)) leave()
  })
  stdin.on('error', leave)
  stdout.on('error', leave)
  stdout.on('drain', () => link?.resume())

  const lines = createLines(
    {
      onLine: fromClient,
      onTooLong: () =>
        refuse(
          'null',
          'bridge.too_large',
          'A message is longer than Warder forwards.',
          invalidRequest,
        ),
    },
    maxMessageBytes,
  )
  stdin.on('data', (chunk: Buffer) => {
    link?.cork()
    lines.push(chunk)
    link?.uncork()
    note()
    regulate()
  })
  open(options.socket)
  return left
}

/** Enough of a message to see whose answer it is, without joining all of its pieces. */
function headOf(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces
  if (first !== undefined && (pieces.length === 1 || first.length >= headBytes)) return first
  let count = 0
  for (let bytes = 0; count < pieces.length && bytes < headBytes; count++)
    bytes += pieces[count]?.length ?? 0
  return Buffer.concat(pieces.slice(0, count))
}

const headBytes = 1024

const listsChanged = ['tools', 'resources', 'prompts'].map(
  (list) => `{"jsonrpc":"2.0","method":"notifications/${list}/list_changed"}`,
)
