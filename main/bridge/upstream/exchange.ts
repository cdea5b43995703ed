import { WarderError } from '../../errors.ts'
import type { DispatchController, Dispatcher } from '../../net/dialer.ts'
import { BOUNDLESS, countHeld, NOT_COUNTED, type Room } from '../../runtime/budget.ts'
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
  /** Frees the connection, whatever is still to come on it. */
  discard(): void
}

export interface Exchange {
  readonly origin: string
  readonly path: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly headers: Record<string, string>
  readonly body?: string
  /** Until the first byte of the answer, in milliseconds. */
  readonly headersTimeout: number
  /** Between two bytes of it, while somebody reads; 0: for as long as the server likes. */
  readonly bodyTimeout: number
}

/** What gives up each exchange that is under way. */
export type UnderWay = BriefMap<symbol, (reason: unknown) => void>

/** What may have arrived before anybody read it. The server waits then. */
const MOST_UNREAD = 256 * 1024
/** Reading so many bytes and waiting so many milliseconds is cheaper than a new connection; what goes on is cut off then. */
const MOST_TO_SKIP = 16 * 1024
const SKIP_MS = 1_000

/**
 * @param signal gives it up, at any time before its answer was read to its end
 * @param underWay holds what gives it up, for as long
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
  const answered = Promise.withResolvers<Answer>()
  const own = Symbol()
  let controller: DispatchController | undefined
  let givenUp: Error | undefined

  function giveUp(reason: unknown): void {
    givenUp ??= toError(reason)
    answered.reject(givenUp)
    controller?.abort(givenUp)
  }
  const onAbort = () => giveUp(signal.reason)
  function over(error: Error | null): void {
    signal.removeEventListener('abort', onAbort)
    underWay.delete(own)
    body.end(error)
  }

  const body = createBody(giveUp, room)
  signal.addEventListener('abort', onAbort)
  underWay.set(own, giveUp)
  dispatcher.dispatch(request, {
    onRequestStart(started) {
      controller = started
      if (givenUp !== undefined) started.abort(givenUp)
    },
    onResponseStart(_, statusCode, headers) {
      // What begins with 1 announces an answer and is none.
      if (statusCode >= 200) answered.resolve({ statusCode, headers, body })
    },
    onResponseData(started, bytes) {
      body.push(bytes, started)
    },
    onResponseEnd: () => over(null),
    onResponseError(_, error) {
      answered.reject(error)
      over(error)
    },
  })
  return answered.promise
}

const toError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error('given up', { cause: reason })

interface IncomingBody extends AnswerBody {
  push(bytes: Buffer, from: DispatchController): void
  end(error: Error | null): void
}

function createBody(giveUp: (reason: unknown) => void, room: Room): IncomingBody {
  let unread: Buffer[] = []
  let size = 0
  /** Null where all of it has come, the error where it broke. */
  let over: Error | null | undefined
  /** Bytes that nobody wanted to read. */
  let skipped: number | undefined
  let paused: DispatchController | undefined
  let wake: (() => void) | undefined
  let hasRoom: ReturnType<typeof countHeld> | undefined

  function tell(): void {
    wake?.()
    wake = undefined
  }

  function goOn(): void {
    paused?.resume()
    paused = undefined
  }

  function skip(bytes: number): void {
    skipped = (skipped ?? 0) + bytes
    if (skipped > MOST_TO_SKIP) giveUp(nobodyReads())
  }

  return {
    push(bytes, from) {
      if (skipped !== undefined) return skip(bytes.length)
      unread.push(bytes)
      size += bytes.length
      if (size > NOT_COUNTED) hasRoom ??= countHeld(room)
      if (hasRoom?.(size) === false) return giveUp(noRoom())
      if (size > MOST_UNREAD) {
        paused = from
        from.pause()
      }
      tell()
    },
    end(error) {
      if (over === undefined) over = error
      tell()
    },
    async next() {
      while (size === 0 && over === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      if (size === 0) {
        if (over instanceof Error) throw over
        return null
      }
      const [first] = unread
      const bytes = first !== undefined && unread.length === 1 ? first : Buffer.concat(unread)
      unread = []
      size = 0
      hasRoom?.(0)
      goOn()
      return bytes
    },
    discard() {
      hasRoom?.(0)
      if (over !== undefined || skipped !== undefined) return
      setTimeout(() => {
        if (over === undefined) giveUp(nobodyReads())
      }, SKIP_MS).unref()
      const waiting = size
      unread = []
      size = 0
      skip(waiting)
      goOn()
    },
  }
}

/** Whether the server said nothing for as long as it may. */
export const wasSilent = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'UND_ERR_HEADERS_TIMEOUT' || error.code === 'UND_ERR_BODY_TIMEOUT')

const noRoom = () => new WarderError('bridge.busy', 'There is no room for more of this answer.')
const nobodyReads = () => new Error('nobody reads the rest of this answer')
