import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Control } from '../../main/control/types.ts'
import { createEmitter } from '../../main/events.ts'
import { startUiServer, type UiServer } from '../../main/headless/ui-server.ts'
import type { Events } from '../../preload/contract/index.ts'

const minutes = (n: number) => n * 60_000
const hours = (n: number) => n * 60 * 60_000

let folder: string
let rendererDir: string
let runtimeDir: string
let now: number
let calls: { channel: string; input: unknown }[]
let ui: UiServer
const emitter = createEmitter<{ [E in keyof Events]: [Events[E]] }>()

const control: Control = {
  async call(channel, input) {
    calls.push({ channel, input })
    return { heard: channel }
  },
  on: (event, listener) => emitter.on(event, listener as never),
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'warder-ui-'))
  rendererDir = path.join(folder, 'renderer')
  runtimeDir = path.join(folder, 'run')
  await mkdir(path.join(rendererDir, 'assets'), { recursive: true })
  await mkdir(runtimeDir, { mode: 0o700 })
  await writeFile(path.join(folder, 'outside.js'), 'outside')
  await writeFile(path.join(rendererDir, 'index.html'), page('content=""'))
  await writeFile(path.join(rendererDir, 'vault.html'), '<!doctype html>')
  await writeFile(path.join(rendererDir, 'assets', 'app.js'), 'export const app = 1')
  await writeFile(path.join(rendererDir, 'assets', 'app.css'), 'body{}')
  await writeFile(path.join(rendererDir, 'assets', 'app.js.map'), '{}')
  now = Date.parse('2026-11-21T10:00:00Z')
  calls = []
  ui = await startUiServer(control, { rendererDir, runtimeDir, clock: () => now })
})

afterEach(async () => {
  await ui.close()
  await rm(folder, { recursive: true })
})

const page = (content: string) =>
  `<!doctype html><head><meta name="warder-session" ${content} /></head><body></body>`

/** One request, byte for byte as written, and the whole answer: no client library to tidy either. */
async function raw(text: string): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(Number(new URL(ui.url).port), '127.0.0.1')
  socket.end(text)
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk
  })
  await once(socket, 'close')
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  const chunked = /^transfer-encoding: chunked/im.test(head)
  return {
    status: Number(head.split(' ')[1]),
    head: head.toLowerCase(),
    body: chunked ? joinChunks(body) : body,
  }
}

function joinChunks(body: string): string {
  const [size = '', ...rest] = body.split('\r\n')
  const length = Number.parseInt(size, 16)
  const text = rest.join('\r\n')
  return length > 0 ? text.slice(0, length) + joinChunks(text.slice(length + 2)) : ''
}

interface Request {
  method?: string
  target?: string
  headers?: Record<string, string | string[]>
  body?: string
}

function send({ method = 'GET', target = '/', headers = {}, body = '' }: Request) {
  const all = {
    Host: new URL(ui.url).host,
    Connection: 'close',
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${one}\r\n`),
  )
  return raw(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

const form = (code: string, headers: Record<string, string> = {}): Request => ({
  method: 'POST',
  target: '/login',
  body: `code=${code}`,
  headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'null', ...headers },
})

const call = (bearer: string, headers: Record<string, string | string[]> = {}): Request => ({
  method: 'POST',
  target: '/api/status:get',
  body: '{}',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer}`, ...headers },
})

async function freshCode(): Promise<string> {
  const { file } = await ui.login()
  const code = /name="code" value="([^"]+)"/.exec(await readFile(file, 'utf8'))?.[1]
  return code ?? 'no code'
}

const bearerIn = (html: string) =>
  /name="warder-session" content="([^"]*)"/.exec(html)?.[1] ?? 'none'

async function signIn(): Promise<string> {
  const { body } = await send(form(await freshCode()))
  return bearerIn(body)
}

const guess = () => randomBytes(32).toString('base64url')

describe('the address', () => {
  it('is loopback and serves the page without a session to whoever opens it', async () => {
    expect(ui.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const answer = await send({})
    expect(answer.status).toBe(200)
    expect(answer.body).toBe(page('content=""'))
  })

  it.each(['/', '/assets/app.js', '/nothing', '/api/status:get', '/login'])(
    'sends the strict headers and no cookie with %s',
    async (target) => {
      const { head } = await send({ target })
      expect(head).toContain("content-security-policy: default-src 'none'; script-src 'self';")
      expect(head).toContain("form-action 'none'")
      expect(head).toContain("require-trusted-types-for 'script'")
      expect(head).toContain("frame-ancestors 'none'")
      expect(head).not.toContain('unsafe')
      expect(head).toContain('x-content-type-options: nosniff')
      expect(head).toContain('referrer-policy: no-referrer')
      expect(head).toContain('cross-origin-opener-policy: same-origin')
      expect(head).toContain('cross-origin-resource-policy: same-origin')
      expect(head).toContain('cache-control: no-store')
      expect(head).not.toContain('set-cookie')
      expect(head).not.toContain('access-control')
    },
  )

  it.each([
    ['/assets/app.js', 'text/javascript; charset=utf-8', 'export const app = 1'],
    ['/assets/app.css', 'text/css; charset=utf-8', 'body{}'],
  ])('serves %s as %s', async (target, type, body) => {
    const answer = await send({ target })
    expect(answer.status).toBe(200)
    expect(answer.head).toContain(`content-type: ${type}`)
    expect(answer.body).toBe(body)
  })

  it.each([
    '/index.html',
    '/vault.html',
    '/assets/app.js.map',
    '/assets',
    '/assets/',
    '/assets/app.js?x=1',
    '/../outside.js',
    '/assets/../../outside.js',
    '/%2e%2e/outside.js',
    '/..%2foutside.js',
    '/assets%2fapp.js',
    '/assets/..\\..\\outside.js',
    '//assets/app.js',
    '/assets/app.js%00',
    '/constructor',
    '/__proto__',
    'assets/app.js',
    'http://127.0.0.1/assets/app.js',
  ])('has nothing at %s', async (target) => {
    const answer = await send({ target })
    expect([400, 404]).toContain(answer.status)
    expect(answer.body).not.toContain('outside')
  })

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    'refuses %s of the page',
    async (method) => {
      expect((await send({ method })).status).toBe(405)
    },
  )

  it('does not start on a folder without the page', async () => {
    await writeFile(path.join(rendererDir, 'index.html'), '<!doctype html>')
    await expect(startUiServer(control, { rendererDir, runtimeDir })).rejects.toMatchObject({
      code: 'ui.missing',
    })
    await rm(path.join(rendererDir, 'index.html'))
    await expect(startUiServer(control, { rendererDir, runtimeDir })).rejects.toMatchObject({
      code: 'ui.missing',
    })
  })
})

describe('a website', () => {
  const port = () => new URL(ui.url).port
  const hosts = (): string[] => [
    'attacker.example',
    `attacker.example:${port()}`,
    '127.0.0.1',
    `localhost:${port()}`,
    `127.0.0.1.:${port()}`,
    `127.0.0.1:${port()}0`,
    `127.1:${port()}`,
    `[::1]:${port()}`,
    `0.0.0.0:${port()}`,
    `user@127.0.0.1:${port()}`,
    '',
  ]

  it('reaches nothing under another Host, rebound to loopback or not', async () => {
    const bearer = await signIn()
    for (const Host of hosts()) {
      expect([400, 403], Host).toContain((await send({ headers: { Host } })).status)
      const answer = await send(call(bearer, { Host }))
      expect([400, 403], Host).toContain(answer.status)
    }
    expect(calls).toEqual([])
  })

  it('reaches nothing with two Host headers or none', async () => {
    const own = new URL(ui.url).host
    const bearer = await signIn()
    const two = await send(call(bearer, { Host: [own, 'attacker.example'] }))
    expect([400, 403]).toContain(two.status)
    const same = await send(call(bearer, { Host: [own, own] }))
    expect([400, 403]).toContain(same.status)
    expect((await raw('GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).status).toBe(400)
    expect(calls).toEqual([])
  })

  it.each([
    'https://attacker.example',
    'null',
    'file://',
    'http://127.0.0.1',
    'http://localhost:1',
    '',
  ])('calls nothing from the origin "%s", even with the bearer', async (Origin) => {
    const bearer = await signIn()
    expect((await send(call(bearer, { Origin }))).status).toBe(403)
    expect(calls).toEqual([])
  })

  it('calls nothing from our address with another port or scheme', async () => {
    const bearer = await signIn()
    for (const Origin of [`https://127.0.0.1:${port()}`, `http://127.0.0.1:${port()}/`])
      expect((await send(call(bearer, { Origin }))).status).toBe(403)
    expect((await send(call(bearer, { Origin: [ui.url, ui.url] }))).status).toBe(403)
    expect((await send(call(bearer, { Origin: ui.url }))).status).toBe(200)
  })

  it.each(['cross-site', 'same-site', 'none'])(
    'calls nothing when the browser says the request is %s',
    async (site) => {
      const bearer = await signIn()
      expect((await send(call(bearer, { 'Sec-Fetch-Site': site }))).status).toBe(403)
      expect(calls).toEqual([])
    },
  )

  it('cannot load or frame the page, or its files', async () => {
    for (const target of ['/', '/assets/app.js'])
      expect((await send({ target, headers: { 'Sec-Fetch-Site': 'cross-site' } })).status).toBe(403)
  })

  it('cannot log in from a fetch, a frame or its own origin, not even with the right code', async () => {
    const code = await freshCode()
    const attempts: Record<string, string>[] = [
      { Origin: 'https://attacker.example' },
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' },
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'else' },
    ]
    for (const headers of attempts) expect((await send(form(code, headers))).status).toBe(403)
    expect((await send(form(code))).status).toBe(200)
  })

  it('gets no answer to a preflight', async () => {
    const answer = await send({
      method: 'OPTIONS',
      target: '/api/status:get',
      headers: { Origin: 'https://attacker.example', 'Access-Control-Request-Method': 'POST' },
    })
    expect(answer.status).toBe(403)
    expect(answer.head).not.toContain('access-control')
  })
})

describe('the login', () => {
  it('writes a file that only this user can read, with the code nowhere but in the form', async () => {
    const { file, url } = await ui.login()
    expect(path.dirname(file)).toBe(runtimeDir)
    expect(fileURLToPath(url)).toBe(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const html = await readFile(file, 'utf8')
    const code = /value="([A-Za-z0-9_-]{43})"/.exec(html)?.[1] ?? 'none'
    expect(html.split(code)).toHaveLength(2)
    expect(file).not.toContain(code)
    expect(html).toContain(`<form method="post" action="${ui.url}/login">`)
    expect(html).toContain('<button>')
  })

  it('turns a code into the page with a bearer of 256 bits, and deletes the file', async () => {
    const { file } = await ui.login()
    const code = /value="([^"]+)"/.exec(await readFile(file, 'utf8'))?.[1] ?? ''
    const answer = await send(form(code))
    expect(answer.status).toBe(200)
    const bearer = bearerIn(answer.body)
    expect(bearer).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(bearer).not.toBe(code)
    expect(answer.head).not.toContain(bearer.toLowerCase())
    await ui.close()
    expect(existsSync(file)).toBe(false)
  })

  it('takes a code once', async () => {
    const code = await freshCode()
    expect((await send(form(code))).status).toBe(200)
    const again = await send(form(code))
    expect(again.status).toBe(401)
    expect(again.body).toContain('warder ui')
    expect(again.body).not.toContain(code)
  })

  it('gives one session to two who hold the same code at once', async () => {
    const code = await freshCode()
    const answers = await Promise.all([send(form(code)), send(form(code)), send(form(code))])
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 401, 401])
  })

  it('takes a code for two minutes and no longer', async () => {
    const early = await freshCode()
    const late = await freshCode()
    now += minutes(2) - 1
    expect((await send(form(early))).status).toBe(200)
    now += 1
    expect((await send(form(late))).status).toBe(401)
    now += 1
    await ui.close()
    expect(await readdir(runtimeDir)).toEqual([])
  })

  it('refuses a bearer as a code and a code as a bearer', async () => {
    const code = await freshCode()
    expect((await send(call(code))).status).toBe(401)
    expect((await send(form(await signIn()))).status).toBe(401)
    expect((await send(form(code))).status).toBe(200)
  })

  it.each<[string, (code: string) => Request]>([
    ['a query', (code) => ({ ...form(code), target: `/login?code=${code}`, body: '' })],
    ['GET', (code) => ({ target: `/login?code=${code}` })],
    ['JSON', (code) => ({ ...form(code), headers: { 'Content-Type': 'application/json' } })],
    ['multipart', (code) => form(code, { 'Content-Type': 'multipart/form-data' })],
    ['a longer form', (code) => ({ ...form(code), body: `code=${code}&next=/` })],
    ['two codes', (code) => ({ ...form(code), body: `code=${code}&code=${code}` })],
    ['a prefix of it', (code) => form(code.slice(0, 42))],
    ['a large body', (code) => ({ ...form(code), body: `code=${code}${'&'.repeat(100_000)}` })],
  ])('does not take the code as %s', async (_, request) => {
    const code = await freshCode()
    const answer = await send(request(code)).catch(() => ({ status: 401, body: '' }))
    expect([401, 403, 404, 405]).toContain(answer.status)
    expect(answer.body).not.toContain('warder-session')
    expect((await send(form(code))).status).toBe(200)
  })

  it('keeps few codes at once', async () => {
    const first = await freshCode()
    for (let issued = 0; issued < 8; issued += 1) await freshCode()
    expect((await send(form(first))).status).toBe(401)
  })

  it('turns guesses away after a while, and still lets the right code in', async () => {
    const code = await freshCode()
    const statuses: number[] = []
    for (let attempt = 0; attempt < 25; attempt += 1)
      statuses.push((await send(form(guess()))).status)
    expect(statuses).toEqual([...Array(20).fill(401), ...Array(5).fill(429)])
    expect((await send(call(guess()))).status).toBe(429)
    expect((await send(form(code))).status).toBe(200)
    now += minutes(1)
    expect((await send(form(guess()))).status).toBe(401)
  })
})

describe('a session', () => {
  it('reaches the control API', async () => {
    const answer = await send(call(await signIn()))
    expect(answer.status).toBe(200)
    expect(answer.head).toContain('cache-control: no-store')
    expect(JSON.parse(answer.body)).toEqual({ heard: 'status:get' })
    expect(calls).toEqual([{ channel: 'status:get', input: {} }])
  })

  it.each<[string, (bearer: string) => Record<string, string | string[]>]>([
    ['none', () => ({ Authorization: [] })],
    ['another', () => ({ Authorization: `Bearer ${guess()}` })],
    ['a part of it', (bearer) => ({ Authorization: `Bearer ${bearer.slice(0, -1)}` })],
    ['more than it', (bearer) => ({ Authorization: `Bearer ${bearer}A` })],
    ['it twice', (bearer) => ({ Authorization: [`Bearer ${bearer}`, `Bearer ${bearer}`] })],
    ['it as Basic', (bearer) => ({ Authorization: `Basic ${bearer}` })],
    ['it in a cookie', (bearer) => ({ Authorization: [], Cookie: `session=${bearer}` })],
    ['it in another header', (bearer) => ({ Authorization: [], 'X-Session': bearer })],
  ])('is refused with %s as the bearer', async (_, headers) => {
    const bearer = await signIn()
    const answer = await send(call(bearer, headers(bearer)))
    expect(answer.status).toBe(401)
    expect(answer.head).toContain('www-authenticate: bearer')
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'control.unauthorized' })
    expect(calls).toEqual([])
  })

  it('is refused with the bearer in the URL', async () => {
    const bearer = await signIn()
    const target = `/api/status:get?access_token=${bearer}`
    expect((await send({ ...call('x'), target })).status).toBe(401)
    expect(calls).toEqual([])
  })

  it('is one of several, each with a bearer of its own', async () => {
    const [one, two] = [await signIn(), await signIn()]
    expect(one).not.toBe(two)
    expect((await send(call(one))).status).toBe(200)
    expect((await send(call(two))).status).toBe(200)
  })

  it('ends after eight idle hours, and use keeps it', async () => {
    const bearer = await signIn()
    now += hours(8) - 1
    expect((await send(call(bearer))).status).toBe(200)
    now += hours(8) - 1
    expect((await send(call(bearer))).status).toBe(200)
    now += hours(8)
    expect((await send(call(bearer))).status).toBe(401)
  })

  it('ends with the server', async () => {
    const bearer = await signIn()
    await ui.close()
    ui = await startUiServer(control, { rendererDir, runtimeDir, clock: () => now })
    expect((await send(call(bearer))).status).toBe(401)
  })

  it('streams events, and the stream ends with the session', async () => {
    const bearer = await signIn()
    const response = await fetch(`${ui.url}/api/events`, {
      headers: { authorization: `Bearer ${bearer}` },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    emitter.emit('state:changed', { area: 'servers' })
    expect((await reader?.read())?.value).toBe('event: state:changed\ndata: {"area":"servers"}\n\n')
    const cut = expect(reader?.read()).rejects.toThrow()
    now += hours(8)
    await send(call(guess()))
    await cut
  })

  it('streams nothing without a bearer', async () => {
    expect((await send({ target: '/api/events' })).status).toBe(401)
  })
})
