import type { ServerResponse } from 'node:http'
import type { Share } from '../../runtime/budget.ts'
import { roomOf } from '../../runtime/room.ts'
import { limits } from '../limits.ts'
import type { Channel } from '../types.ts'
import { countUnread } from './unread.ts'

/**
 * The answer to one POST of a client (MCP 2025-11-25, Streamable HTTP): plain JSON where the answer is the first thing
 * there is to say, a stream of events where something goes before it, 202 where there is nothing to say.
 */
export interface HttpReply extends Channel {
  /** Names the session in the headers; before anything is sent. */
  open(session: string): void
  /** Begins a stream of events before there is one: what its client hears unasked. */
  listen(): void
  /** All is said: 202 where that was nothing, as to a notification or an answer. */
  accepted(): void
  refuse(text: string, status?: number): void
  reply(text: string, status?: number): void
}

/** A text of so many characters is worth a second write. */
const LONG = 1024 * 1024

/** Made once: a reason of its own for each response costs more than the response. */
const CLOSED = new Error('the response is closed')

/** A long text that waits would count by its characters, and hold up to three times that. */
const asBytes = (text: string) => (text.length > LONG ? Buffer.from(text) : text)

export function replyTo(response: ServerResponse, share: Share): HttpReply {
  let headers: Record<string, string> = { 'cache-control': 'no-store' }
  let streaming = false
  const wrote = countUnread(response, share)
  /**
   * Made for who asks: most calls are answered before anybody does. Asked by a function, since V8 keeps an object whose
   * getter is its own, and all that it leads to, until the old generation is collected.
   */
  let leaving: AbortController | undefined
  let alive: NodeJS.Timeout | undefined
  response.once('close', () => {
    clearInterval(alive)
    leaving?.abort(CLOSED)
  })

  function begin(): void {
    if (streaming || response.destroyed) return
    streaming = true
    // A line that begins with a colon is a comment: it means that the stream lives.
    alive = setInterval(() => {
      if (!response.writableEnded) response.write(':\n\n')
    }, limits.keepAliveMs)
    alive.unref()
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      // A proxy that keeps events back would keep them to itself.
      'x-accel-buffering': 'no',
    })
  }

  function event(text: string): void {
    if (response.destroyed || response.writableEnded) return
    begin()
    // A client that does not read must not fill our memory.
    if (response.writableLength > limits.outgoingBytes) response.destroy()
    // JSON has no line break outside of its tokens, and an event's data ends at one.
    else response.write(asBytes(`data: ${text.replace(/[\r\n]+/g, ' ')}\n\n`))
    wrote()
  }

  function whole(status: number, text: string): void {
    if (response.destroyed || response.headersSent) return
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    })
    // As text it goes out with the header fields in one piece; a long one would be in memory once more for that.
    if (text.length > LONG) response.flushHeaders()
    response.end(asBytes(text))
    wrote()
  }

  return {
    leaving() {
      if (leaving === undefined) {
        leaving = new AbortController()
        if (response.closed) leaving.abort(CLOSED)
      }
      return leaving.signal
    },
    room: roomOf(response),
    open(session) {
      headers = { ...headers, 'mcp-session-id': session }
    },
    send: event,
    listen() {
      begin()
      response.flushHeaders()
    },
    reply(text, status = 200) {
      if (!streaming) return whole(status, text)
      event(text)
      response.end()
    },
    accepted() {
      if (!response.headersSent && !response.destroyed) response.writeHead(202, headers).end()
      else if (streaming) response.end()
    },
    refuse: (text, status = 400) => whole(status, text),
  }
}
