import { WarderError } from '../../errors.ts'
import type { DispatchController, Dispatcher } from '../../net/dialer.ts'
import { ANSWER_NOT_COUNTED, BOUNDLESS, countHeld, type Room } from '../../runtime/budget.ts'
import type { BriefMap } from '../brief-map.ts'

/**
 * One HTTP exchange with a server. Every call of every client passes here, so there is as little between us and undici's
 * dispatcher as there can be: no stream object, no signal that is made of others.
 */
export interface Answer {
  /** HTTP status code. */
  readonly statusCode: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: AnswerBody
}

/** The bytes of an answer, to be read once and by one reader. */
export interface AnswerBody {
  /** The next bytes, or null at the end. @throws what broke it, or the reason it was given up with */
  next(): Promise<Buffer | null>
  /** All of it, where it has come to its end already; null else, and for a body without a byte. */
  whole(): Buffer | null
  /** Frees the connection, whatever is still to come on it. */
  discard(): void
}

export interface Exchange {
  readonly origin: string
  readonly path: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** By name, or names and values by turns. */
  readonly headers: Record<string, string> | string[]
  readonly body?: string
  /** Until the first byte of the answer, in milliseconds. */
  readonly headersTimeout: number
  /** Between two bytes of it, while somebody reads; 0: for as long as the server likes. */
  readonly bodyTimeout: number
}

/** The exchanges that are under way. */
export type UnderWay = BriefMap<symbol, { giveUp(reason: unknown): void }>

/** What may have arrived before anybody read it. The server waits then. */
const MOST_UNREAD = 256 * 1024
/** Reading so many bytes and waiting so many milliseconds is cheaper than a new connection; what goes on is cut off then. */
const MOST_TO_SKIP = 16 * 1024
const SKIP_MS = 1_000

/**
 * @param signal gives it up, at any time before its answer was read to its end
 * @param underWay holds it for as long
 * @param room where the bytes count that nobody has read yet
 * @returns once the header fields are there
 * @throws what the connection failed with, or the reason it was given up with
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Exchange,
  signal: AbortSignal,
  underWay: UnderWay,
  room: Room = BOUNDLESS,
): Promise<Answer> {
  signal.throwIfAborted()
  const one = new OneExchange(signal, underWay, room)
  dispatcher.dispatch(request, one)
  return one.answer
}

/**
 * A class, unlike most here, as are the nodes of a message: there is one for each call, and closures for all that may happen
 * to it were much of what a call left to be collected.
 */
class OneExchange {
  readonly #answered = Promise.withResolvers<Answer>()
  readonly #own = Symbol()
  readonly #signal: AbortSignal
  readonly #underWay: UnderWay
  readonly #body: IncomingBody
  #controller: DispatchController | undefined
  #givenUp: Error | undefined

  constructor(signal: AbortSignal, underWay: UnderWay, room: Room) {
    this.#signal = signal
    this.#underWay = underWay
    this.#body = new IncomingBody((reason) => this.giveUp(reason), room)
    signal.addEventListener('abort', this)
    underWay.set(this.#own, this)
  }

  get answer(): Promise<Answer> {
    return this.#answered.promise
  }

  giveUp(reason: unknown): void {
    this.#givenUp ??= toError(reason)
    this.#answered.reject(this.#givenUp)
    this.#controller?.abort(this.#givenUp)
  }

  /** The signal is aborted. */
  handleEvent(): void {
    this.giveUp(this.#signal.reason)
  }

  onRequestStart(started: DispatchController): void {
    this.#controller = started
    if (this.#givenUp !== undefined) started.abort(this.#givenUp)
  }

  onResponseStart(_: DispatchController, statusCode: number, headers: Answer['headers']): void {
    // What begins with 1 announces an answer and is none.
    if (statusCode >= 200) this.#answered.resolve({ statusCode, headers, body: this.#body })
  }

  onResponseData(started: DispatchController, bytes: Buffer): void {
    this.#body.push(bytes, started)
  }

  onResponseEnd(): void {
    this.#over(null)
  }

  onResponseError(_: DispatchController, error: Error): void {
    this.#answered.reject(error)
    this.#over(error)
  }

  #over(error: Error | null): void {
    this.#signal.removeEventListener('abort', this)
    this.#underWay.delete(this.#own)
    this.#body.end(error)
  }
}

const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error('given up', { cause: reason })

class IncomingBody implements AnswerBody {
  readonly #giveUp: (reason: unknown) => void
  readonly #room: Room
  #unread: Buffer[] = []
  #size = 0
  /** Null where all of it has come, the error where it broke. */
  #over: Error | null | undefined
  /** Bytes that nobody wanted to read. */
  #skipped: number | undefined
  #paused: DispatchController | undefined
  #wake: (() => void) | undefined
  #hasRoom: ReturnType<typeof countHeld> | undefined

  constructor(giveUp: (reason: unknown) => void, room: Room) {
    this.#giveUp = giveUp
    this.#room = room
  }

  push(bytes: Buffer, from: DispatchController): void {
    if (this.#skipped !== undefined) {
      this.#skip(bytes.length)
      return
    }
    this.#unread.push(bytes)
    this.#size += bytes.length
    if (this.#size > ANSWER_NOT_COUNTED) this.#hasRoom ??= countHeld(this.#room, ANSWER_NOT_COUNTED)
    if (this.#hasRoom?.(this.#size) === false) {
      this.#giveUp(noRoom())
      return
    }
    if (this.#size > MOST_UNREAD) {
      this.#paused = from
      from.pause()
    }
    this.#tell()
  }

  end(error: Error | null): void {
    if (this.#over === undefined) this.#over = error
    this.#tell()
  }

  async next(): Promise<Buffer | null> {
    while (this.#size === 0 && this.#over === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    return this.#taken()
  }

  whole(): Buffer | null {
    return this.#over === null ? this.#taken() : null
  }

  discard(): void {
    this.#hasRoom?.(0)
    if (this.#over !== undefined || this.#skipped !== undefined) return
    setTimeout(() => {
      if (this.#over === undefined) this.#giveUp(nobodyReads())
    }, SKIP_MS).unref()
    const waiting = this.#size
    this.#unread = []
    this.#size = 0
    this.#skip(waiting)
    this.#goOn()
  }

  #taken(): Buffer | null {
    if (this.#size === 0) {
      if (this.#over instanceof Error) throw this.#over
      return null
    }
    const unread = this.#unread
    const [first] = unread
    const bytes = first !== undefined && unread.length === 1 ? first : Buffer.concat(unread)
    this.#unread = []
    this.#size = 0
    this.#hasRoom?.(0)
    this.#goOn()
    return bytes
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  #goOn(): void {
    this.#paused?.resume()
    this.#paused = undefined
  }

  #skip(bytes: number): void {
    this.#skipped = (this.#skipped ?? 0) + bytes
    if (this.#skipped > MOST_TO_SKIP) this.#giveUp(nobodyReads())
  }
}

/** Whether the server said nothing for as long as it may. */
export const wasSilent = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'UND_ERR_HEADERS_TIMEOUT' || error.code === 'UND_ERR_BODY_TIMEOUT')

const noRoom = () => new WarderError('bridge.busy', 'There is no room for more of this answer.')
const nobodyReads = () => new Error('nobody reads the rest of this answer')
