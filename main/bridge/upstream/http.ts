import { setTimeout as sleep } from 'node:timers/promises'
import { isWarderError, WarderError } from '../../errors.ts'
import type { Dispatcher } from '../../net/dialer.ts'
import type { ProofRefusal } from '../../oauth/dpop.ts'
import { BOUNDLESS, type Room } from '../../runtime/budget.ts'
import { unlessAborted } from '../abort.ts'
import { createBriefMap } from '../brief-map.ts'
import { cancelled, type ResponseMessage } from '../envelope.ts'
import { LISTEN } from '../eras/listening.ts'
import { limits } from '../limits.ts'
import { type Cursor, newCursor, notMcp, readEvents, readText } from './event-stream.ts'
import { type Answer, type Exchange, exchange, type UnderWay, wasSilent } from './exchange.ts'
import {
  answerIn,
  header,
  headersOf,
  JSON_TYPE,
  mediaType,
  refused,
  saysWhy,
  scopesWanted,
  visibleAscii,
  whatItSays,
} from './http-answer.ts'
import { createListener } from './listener.ts'
import { type Credential, type LinkHost, NotProcessed, type Upstream } from './upstream.ts'

interface Exchanged {
  readonly answer: Answer
  /** What a 401 says of the proof that went along. */
  readonly refusal: ProofRefusal
}

/** Fields that a message carries, put together. */
interface Usual extends Pick<Credential, 'headers'> {
  readonly session: string | null
  readonly protocolVersion: string | null
  /** Names and values by turns, as undici takes them quickest. */
  readonly list: string[]
}

const MESSAGE = {
  'content-type': JSON_TYPE,
  accept: 'application/json, text/event-stream',
}

const CANNOT_BE_REACHED = 'cannot be reached'

/** The endpoint of a server of either era; what is asked statelessly leaves no trace in the session. */
export interface HttpUpstream extends Upstream {
  /**
   * A request that stands alone (MCP 2026-07-28, Streamable HTTP): no session, no stream that is taken up again, and an
   * error of the protocol also where the status says 400 or 404.
   *
   * @param mirrored headers beside those of every message
   */
  ask(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    mirrored: Readonly<Record<string, string>>,
  ): Promise<ResponseMessage>
}

/**
 * A remote server over Streamable HTTP (MCP 2025-11-25, basic/transports): one POST a message, answered with JSON or a
 * stream of server-sent events; a GET stream for what the server says unasked. A stream that ends before its answer is
 * taken up again where the server lets us; the call itself is never sent twice.
 */
export function connectHttp(options: {
  url: string
  dispatcher: Dispatcher
  host: LinkHost
  /** Where an answer counts that has not come whole. */
  room?: Room
}): HttpUpstream {
  const { dispatcher, host, room = BOUNDLESS } = options
  const url = new URL(options.url)
  const { origin } = url
  const path = url.pathname + url.search
  const pathFor = ({ query }: Credential) =>
    query === undefined ? path : `${path}${url.search === '' ? '?' : '&'}${query}`
  const closing = new AbortController()
  /** Given up each by itself. */
  const underWay: UnderWay = createBriefMap()
  let session: string | null = null
  let protocolVersion: string | null = null
  /** Of the stream that listens. */
  const cursor = newCursor()
  /** The client's `notifications/initialized`: a server may refuse what overtakes it on another connection. */
  let initialized: Promise<void> | null = null
  let announced = false

  async function post(
    text: string,
    credential: Credential,
    signal: AbortSignal,
    mirrored?: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const { proof } = credential
    const all =
      mirrored === undefined && !proof
        ? usualFields(credential)
        : fields({ ...MESSAGE, ...mirrored }, credential, session)
    const headers = proof ? { ...all, ...(await proof.headers('POST', url.href)) } : all
    host.check(credential)
    const asked: Exchange = {
      origin,
      path: pathFor(credential),
      method: 'POST',
      headers,
      body: text,
      headersTimeout: limits.answerTimeoutMs,
      // Who only listens may hear nothing for days.
      bodyTimeout: mirrored?.['mcp-method'] === LISTEN ? 0 : limits.streamSilenceMs,
    }
    let answer: Answer
    try {
      closing.signal.throwIfAborted()
      answer = await exchange(dispatcher, asked, signal, underWay, room)
    } catch (cause) {
      throw unreachable(cause, signal, CANNOT_BE_REACHED)
    }
    const refusal = proofRefusal(answer, credential)
    if (answer.statusCode < 300) return answer
    if (refusal === null && saysWhy(answer)) {
      if (mirrored !== undefined) return answer
      // How an opening is refused tells the server's era.
      if (protocolVersion === null) throw refused(answer.statusCode, await whatItSays(answer, room))
    }
    answer.body.discard()
    if (refusal !== null) throw refusal === 'nonce' ? new NotProcessed('nonce-wanted') : refusal
    if (answer.statusCode === 401) throw new NotProcessed('unauthorized')
    if (answer.statusCode === 404 && session !== null) throw new NotProcessed('session-expired')
    const wanted = answer.statusCode === 403 ? scopesWanted(answer, credential) : null
    if (wanted !== null) throw new NotProcessed('insufficient-scope', wanted)
    throw refused(answer.statusCode)
  }

  /** What every request carries; one with a bound token has a proof beside, which is good for that one alone. */
  function fields(
    own: Readonly<Record<string, string>>,
    { headers }: Pick<Credential, 'headers'>,
    session: string | null,
  ): Record<string, string> {
    const all = { ...own, ...headers }
    if (session !== null) all['mcp-session-id'] = session
    if (protocolVersion !== null) all['mcp-protocol-version'] = protocolVersion
    return all
  }

  /** Those of the message before: most of a session carry the same, and nothing of a call left more to be collected than these. */
  let usual: Usual | undefined

  function usualFields({ headers }: Credential): string[] {
    const known = usual
    const isSame =
      known?.session === session &&
      known.protocolVersion === protocolVersion &&
      sameValues(known.headers, headers)
    if (isSame) return known.list
    const list = Object.entries(fields(MESSAGE, { headers }, session)).flat()
    usual = { headers, session, protocolVersion, list }
    return list
  }

  function proofRefusal(answer: Answer, { proof }: Credential): ProofRefusal {
    return proof?.answered(answer.statusCode, headersOf(answer)) ?? null
  }

  function unreachable(cause: unknown, signal: AbortSignal, what: string): WarderError {
    if (isWarderError(cause)) return cause
    if (signal.aborted || closing.signal.aborted)
      return new WarderError('server.unreachable', 'The call was given up before an answer came.')
    if (wasSilent(cause))
      return new WarderError('server.timed_out', `${url.host} was silent for too long.`, { cause })
    return new WarderError('server.unreachable', `${url.host} ${what}.`, { cause })
  }

  async function request(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    if (initialized !== null) await unlessAborted(initialized, signal)
    let answer: Answer | undefined
    try {
      answer = await post(text, credential, signal)
      const given = header(answer, 'mcp-session-id')
      // Only the answer to the opening names the session.
      if (given !== undefined && protocolVersion === null) session = visibleAscii(given)
      const read =
        mediaType(answer) === JSON_TYPE
          ? readWhole(answer, id)
          : readStream(answer, id, credential, signal)
      const response = read instanceof Promise ? await read : read
      if (announced) listener.start(credential)
      const version = response.result?.member('protocolVersion')?.string()
      if (protocolVersion === null && version !== undefined && /^[\d-]+$/.test(version))
        protocolVersion = version
      return response
    } catch (cause) {
      answer?.body.discard()
      const error =
        answer === undefined
          ? cause
          : unreachable(cause, signal, 'ended its answer before it was complete')
      // A server with sessions goes on with a call whose connection has ended, until it is told (§ Cancellation).
      const silent = isWarderError(error, 'server.timed_out') && !signal.aborted
      if (silent && protocolVersion !== null) void takeBack(id, credential)
      throw error
    }
  }

  async function takeBack(id: string, credential: Credential): Promise<void> {
    const told = post(cancelled(id), credential, closing.signal)
    await told.then(({ body }) => body.discard()).catch(() => {})
  }

  async function ask(
    text: string,
    id: string,
    credential: Credential,
    signal: AbortSignal,
    mirrored: Readonly<Record<string, string>>,
  ): Promise<ResponseMessage> {
    const answer = await post(text, credential, signal, mirrored)
    try {
      if (mediaType(answer) !== 'text/event-stream') return await readWhole(answer, id)
      const found = await readUntil(answer, id, newCursor(), signal)
      if (found !== null) return found
    } catch (error) {
      answer.body.discard()
      if (answer.statusCode >= 400) throw refused(answer.statusCode)
      throw unreachable(error, signal, 'ended its answer before it was complete')
    }
    throw new WarderError(
      'server.unreachable',
      `${url.host} ended its answer before it was complete.`,
    )
  }

  /** @returns the answer of one JSON text, at once where all of it is there */
  function readWhole(answer: Answer, id: string): ResponseMessage | Promise<ResponseMessage> {
    const type = mediaType(answer)
    if (type !== JSON_TYPE) throw notMcp(`${type || 'nothing'} instead of JSON`)
    const text = readText(answer.body, room)
    return text instanceof Promise
      ? text.then((whole) => answerIn(whole, answer, id))
      : answerIn(text, answer, id)
  }

  /** Of a stream, which is taken up again where it ends without the answer. */
  async function readStream(
    answer: Answer,
    id: string,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<ResponseMessage> {
    const type = mediaType(answer)
    if (type !== 'text/event-stream') throw notMcp(`${type || 'nothing'} instead of JSON`)
    const cursor = newCursor()
    const deadline = performance.now() + limits.answerTimeoutMs
    for (let stream: Answer | null = answer; stream !== null; ) {
      const found = await readUntil(stream, id, cursor, signal)
      if (found !== null) return found
      stream = performance.now() > deadline ? null : await resume(cursor, credential, signal)
    }
    throw new WarderError(
      'server.unreachable',
      `${url.host} ended its answer before it was complete.`,
    )
  }

  /** @returns the answer, or null where the stream ended without it and can be taken up again */
  async function readUntil(
    stream: Answer,
    id: string,
    cursor: Cursor,
    signal: AbortSignal,
  ): Promise<ResponseMessage | null> {
    try {
      for await (const message of readEvents(stream.body, cursor, room)) {
        if (message.kind === 'response') {
          if (message.id === id) return message
          continue
        }
        const room = host.onMessage(message, id)
        if (room) await unlessAborted(room, signal)
      }
    } catch (error) {
      if (isWarderError(error) || wasSilent(error) || cursor.lastEventId === null) throw error
    } finally {
      stream.body.discard()
    }
    return null
  }

  /** @returns the rest of a stream, or null where the server gave no id to find it by, or does not keep it */
  async function resume(
    cursor: Cursor,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<Answer | null> {
    if (cursor.lastEventId === null) return null
    await sleep(cursor.retryMs, undefined, { signal: AbortSignal.any([signal, closing.signal]) })
    return getStream(cursor, credential, signal)
  }

  async function openStream(
    cursor: Cursor,
    credential: Credential,
    signal: AbortSignal,
    bodyTimeout: number,
  ): Promise<Exchanged> {
    const { lastEventId } = cursor
    const own = {
      accept: 'text/event-stream',
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    }
    const { proof } = credential
    const all = fields(own, credential, session)
    const headers = proof ? { ...all, ...(await proof.headers('GET', url.href)) } : all
    host.check(credential)
    const path = pathFor(credential)
    const headersTimeout = limits.answerTimeoutMs
    let answer: Answer
    try {
      closing.signal.throwIfAborted()
      const asked: Exchange = { origin, path, method: 'GET', headers, headersTimeout, bodyTimeout }
      answer = await exchange(dispatcher, asked, signal, underWay, room)
    } catch (cause) {
      throw unreachable(cause, signal, CANNOT_BE_REACHED)
    }
    return { answer, refusal: proofRefusal(answer, credential) }
  }

  async function getStream(
    cursor: Cursor,
    credential: Credential,
    signal: AbortSignal,
  ): Promise<Answer | null> {
    const open = () => openStream(cursor, credential, signal, limits.streamSilenceMs)
    const first = await open()
    if (first.refusal === 'nonce') first.answer.body.discard()
    const { answer } = first.refusal === 'nonce' ? await open() : first
    if (answer.statusCode === 200 && mediaType(answer) === 'text/event-stream') return answer
    answer.body.discard()
    return null
  }

  /**
   * The stream for what the server says unasked (§ Listening for Messages). A server without one answers 405 and is not
   * asked again.
   */
  const listener = createListener({
    async hold(credential, heard) {
      const { answer, refusal } = await openStream(cursor, credential, closing.signal, 0)
      const { statusCode } = answer
      const isStream = statusCode === 200 && mediaType(answer) === 'text/event-stream'
      if (!isStream) answer.body.discard()
      if (refusal !== null) throw refusal === 'nonce' ? new NotProcessed('nonce-wanted') : refusal
      if (statusCode === 401) throw new NotProcessed('unauthorized')
      // The next call finds out the same, and opens another one.
      if (statusCode === 404 && session !== null) throw new NotProcessed('session-expired')
      if (statusCode === 405) return 'never'
      if (!isStream) return 'ended'
      try {
        for await (const message of readEvents(answer.body, cursor, room)) {
          heard()
          if (message.kind === 'response') continue
          const room = host.onMessage(message, null)
          if (room) await unlessAborted(room, closing.signal)
        }
      } finally {
        answer.body.discard()
      }
      return 'ended'
    },
    credential: host.credential,
    retryMs: () => cursor.retryMs,
    signal: closing.signal,
  })

  /** Courtesy, not a duty: the server may answer 405 (§ Session Management). */
  async function sayGoodbye(ended: string, goodbye: Credential): Promise<void> {
    const { proof } = goodbye
    const all = fields({}, goodbye, ended)
    const headers = proof ? { ...all, ...(await proof.headers('DELETE', url.href)) } : all
    const { body } = await exchange(
      dispatcher,
      {
        origin,
        path: pathFor(goodbye),
        method: 'DELETE',
        headers,
        headersTimeout: limits.goodbyeTimeoutMs,
        bodyTimeout: limits.goodbyeTimeoutMs,
      },
      AbortSignal.timeout(limits.goodbyeTimeoutMs),
      createBriefMap(),
    )
    body.discard()
  }

  return {
    request,
    ask,
    async send(text, credential) {
      const sent = post(text, credential, closing.signal)
      if (!announced) {
        announced = true
        const settled = () => {
          initialized = null
        }
        initialized = sent.then(settled, settled)
      }
      const answer = await sent
      answer.body.discard()
      listener.start(credential)
    },
    async close(goodbye) {
      const ended = session
      session = null
      closing.abort()
      for (const one of underWay.values()) one.giveUp(closing.signal.reason)
      if (ended === null || goodbye === null) return
      await sayGoodbye(ended, goodbye).catch(() => {})
    },
  }
}

function sameValues(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean {
  if (one === other) return true
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  )
}
