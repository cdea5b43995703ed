import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorView, type EventName, events } from '../../preload/contract/index.ts'
import { toWarderError, WarderError } from '../errors.ts'
import type { Control } from './types.ts'

/**
 * The control API over HTTP, the same for the control socket and for the page's loopback server: `POST /api/CHANNEL`
 * with the input as JSON, `GET /api/events` as server-sent events. The server in front has authenticated the caller.
 */
export async function handleControlRequest(
  control: Control,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? ''
  try {
    if (request.method === 'GET' && path === '/api/events') return streamEvents(control, response)
    const channel = /^\/api\/([a-z]+:[a-z]+)$/.exec(path)?.[1]
    if (channel === undefined || request.method !== 'POST')
      throw new WarderError(
        'usage.unknown_channel',
        `There is nothing at ${request.method} ${path}.`,
      )
    if (request.headers['content-type'] !== 'application/json')
      throw new WarderError('usage.invalid', 'The control API takes application/json.')
    const output = await control.call(channel, await readJson(request))
    answer(response, 200, output)
  } catch (error) {
    const known = toWarderError(error)
    answer(response, httpStatus(known), errorView(known))
  }
}

/** The error as every transport carries it. `cause` stays behind: it may quote what nobody outside may read. */
export function errorView(error: WarderError): ErrorView {
  return {
    code: error.code,
    message: error.message,
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
  }
}

/** A secret value and a server definition are the largest inputs there are, whatever carries them; bytes. */
export const MAX_INPUT = 1_048_576

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_INPUT) throw new WarderError('usage.invalid', 'The request is too large.')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new WarderError('usage.invalid', 'The request is not JSON.', { cause })
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function httpStatus(error: WarderError): number {
  switch (error.exitCode) {
    case 2:
      return 400
    case 3:
      return 404
    case 4:
      return 409
    default:
      return error.code === 'control.unauthorized' ? 401 : 422
  }
}

/** Events that wait for one reader; bytes. */
const MAX_BACKLOG = 4_194_304

function streamEvents(control: Control, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.flushHeaders()
  const ends = (Object.keys(events) as EventName[]).map((name) =>
    control.on(name, (payload) => {
      response.write(`event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)
      // Who stopped reading is cut off, and asks anew when it comes back.
      if (response.writableLength > MAX_BACKLOG) response.destroy()
    }),
  )
  response.on('close', () => {
    for (const end of ends) end()
  })
}
