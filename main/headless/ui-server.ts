import { randomBytes as systemRandom } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorView, handleControlRequest } from '../control/http.ts'
import type { Control } from '../control/types.ts'
import { WarderError } from '../errors.ts'
import { pageHeaders } from './page-headers.ts'
import { readUiFiles, type UiFiles } from './ui-files.ts'
import { bearerOf, comesFromOurPage, type Purpose } from './ui-guard.ts'
import { createUiLogins, type LoginFile, type UiLogins } from './ui-login.ts'
import { createUiSessions, type UiSession, type UiSessions } from './ui-sessions.ts'
import { createThrottle, type Throttle } from './ui-throttle.ts'

export interface UiServer {
  /** `http://127.0.0.1:PORT`; without a login it shows how to get one */
  url: string
  /** @returns a file for this user's eyes that opens a session once, within two minutes */
  login(): Promise<LoginFile>
  close(): Promise<void>
}

export interface UiServerOptions {
  /** The built page, `dist/renderer`. */
  rendererDir: string
  /** A folder that only this user can enter; login files are written there. */
  runtimeDir: string
  randomBytes?: (size: number) => Buffer
  /** Milliseconds since the epoch. */
  clock?: () => number
}

interface Room {
  host: string
  control: Control
  files: UiFiles
  logins: UiLogins
  sessions: UiSessions
  failures: Throttle
}

const headers = pageHeaders("'self'")

/** Milliseconds between two looks for logins and sessions that have run out. */
const SWEEP_EVERY = 30_000

/**
 * The page for a machine without the desktop shell: loopback only, no cookies, no CORS. A session begins with a file
 * that only this user can read and is a bearer that only the page holds, so neither another user of the machine nor a
 * website in the same browser gets further than the empty page.
 * @throws WarderError `ui.missing` when the page was not built
 */
export async function startUiServer(control: Control, options: UiServerOptions): Promise<UiServer> {
  const seams = { randomBytes: systemRandom, clock: Date.now, ...options }
  const files = await readUiFiles(options.rendererDir)
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 })
  server.maxConnections = 256
  const host = `127.0.0.1:${await listen(server)}`
  const room: Room = {
    host,
    control,
    files,
    logins: createUiLogins({ ...seams, action: `http://${host}/login` }),
    sessions: createUiSessions(seams),
    failures: createThrottle(20, 60_000, seams.clock),
  }
  server.on('request', (request, response) => {
    serve(room, request, response).catch(() => response.destroy())
  })
  const sweeper = setInterval(() => {
    room.logins.sweep()
    room.sessions.sweep()
  }, SWEEP_EVERY)
  sweeper.unref()

  return {
    url: `http://${host}`,
    login: () => room.logins.issue(),
    async close() {
      clearInterval(sweeper)
      room.sessions.close()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, room.logins.close()])
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

async function serve(
  room: Room,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  const target = request.url ?? ''
  const purpose = purposeOf(target)
  if (!comesFromOurPage(request, room.host, purpose))
    return refuse(response, 403, 'This address is for the window of Warder only.')
  if (purpose === 'api') return serveApi(room, request, response)
  if (request.method !== (purpose === 'login' ? 'POST' : 'GET'))
    return refuse(response, 405, 'Not that method.')
  if (purpose === 'login') return serveLogin(room, request, response)
  if (purpose === 'page') return html(response, room.files.page())
  const file = room.files.find(target)
  if (file === undefined) return refuse(response, 404, 'There is nothing here.')
  answer(response, 200, file.type, file.body)
}

function purposeOf(target: string): Purpose {
  if (target === '/') return 'page'
  if (target === '/login') return 'login'
  return target.startsWith('/api/') ? 'api' : 'file'
}

async function serveApi(
  room: Room,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bearer = bearerOf(request)
  const session = bearer === undefined ? undefined : room.sessions.find(bearer)
  if (session === undefined) {
    const error = new WarderError('control.unauthorized', 'This window is not signed in any more.')
    response.setHeader('www-authenticate', 'Bearer')
    return turnAway(room, response, 'application/json', JSON.stringify(errorView(error)))
  }
  endWith(session, response)
  await handleControlRequest(room.control, request, response)
}

/** A stream of events may be open for days; it must not outlive the session that opened it. */
function endWith(session: UiSession, response: ServerResponse): void {
  response.on(
    'close',
    session.onEnd(() => response.destroy()),
  )
}

async function serveLogin(
  room: Room,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const code = await readCode(request).catch(() => undefined)
  if (code === undefined || !room.logins.redeem(code))
    return turnAway(
      room,
      response,
      'text/plain; charset=utf-8',
      'This sign-in was used or is too old. Open the window with: warder ui\n',
    )
  html(response, room.files.page(room.sessions.open()))
}

/** Bytes; a code and its name take 48. */
const MAX_FORM = 64

/** The code in the body of the login form, undefined for any other body. */
async function readCode(request: IncomingMessage): Promise<string | undefined> {
  if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') return undefined
  let body = ''
  for await (const chunk of request as AsyncIterable<Buffer>) {
    body += chunk.toString('latin1')
    if (body.length > MAX_FORM) return undefined
  }
  return /^code=([A-Za-z0-9_-]{43})$/.exec(body)?.[1]
}

function html(response: ServerResponse, page: string): void {
  answer(response, 200, 'text/html; charset=utf-8', page)
}

/** Answers whoever did not prove who they are; who keeps trying is only told to wait. */
function turnAway(room: Room, response: ServerResponse, type: string, body: string): void {
  const within = room.failures.fail()
  if (!within) response.setHeader('retry-after', '60')
  response.setHeader('connection', 'close')
  answer(response, within ? 401 : 429, type, body)
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.setHeader('connection', 'close')
  answer(response, status, 'text/plain; charset=utf-8', `${sentence}\n`)
}

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
