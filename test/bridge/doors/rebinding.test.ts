import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUiServer } from '../../../main/headless/ui-server.ts'
import type { Lookup } from '../../../main/net/dialer.ts'
import { openCallback } from '../../../main/oauth/callback.ts'
import { placeOf } from '../../../main/oauth/redirect-uri.ts'
import { chromiumPath, launchBrowser } from '../../harness/chromium.ts'
import { startNameServer } from '../../harness/dns.ts'
import { testHome } from '../../harness/home.ts'
import { json, type Remote, startRemote, usual } from '../support/remote.ts'
import { remoteServer, startWorld, type World } from '../support/world.ts'

/**
 * A page of a stranger in a real Chromium, against everything of Warder that listens on a port. The page's name leads to
 * the stranger's server first, and to this machine afterwards; to the browser it stays one origin.
 */
const ATTACKER = 'attacker.test'
/** The stranger's server: another address of this machine, at the same port as the door. */
const STRANGER = '127.0.0.2'

let browser: Browser
let remote: Remote
let world: World

beforeAll(async () => {
  browser = await launchBrowser()
  remote = await startRemote(usual(({ id }, response) => json(response, id, '{}')))
  world = await startWorld({ s: remoteServer(remote.url) })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await remote[Symbol.asyncDispose]()
  await browser.close()
})

/** A SOCKS5 proxy (RFC 1928) is the browser's resolver: it asks the name server for each connection anew. */
async function startResolver(lookup: Lookup) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(Buffer.of(5, 0))
      socket.once('data', async (request) => {
        const length = request[4] ?? 0
        const name = request.toString('latin1', 5, 5 + length)
        const port = request.readUInt16BE(5 + length)
        const [found] = name === ATTACKER ? await lookup(name) : []
        if (found === undefined) return socket.end(Buffer.of(5, 4, 0, 1, 0, 0, 0, 0, 0, 0))
        const target = connect({ port, host: found.address }, () => {
          socket.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
          socket.pipe(target).pipe(socket)
        })
        target.on('error', () => socket.destroy())
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function serve(port: number, host: string): Promise<Server> {
  const server = createHttpServer((_request, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html', connection: 'close' })
      .end('<!doctype html><title>stranger</title>'),
  )
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

/** Opens the stranger's page; its name leads to this machine from then on. */
async function rebound(port: number, use: (page: Page) => Promise<void>): Promise<void> {
  await using names = await startNameServer({
    [ATTACKER]: [[{ a: STRANGER }], [{ a: '127.0.0.1' }]],
  })
  await using resolver = await startResolver(names.lookup)
  await using stranger = await serve(port, STRANGER)
  const context = await browser.newContext({ proxy: { server: resolver.url } })
  try {
    const page = await context.newPage()
    await page.goto(`http://${ATTACKER}:${port}/favicon-free`)
    expect(await page.title()).toBe('stranger')
    await use(page)
    expect(
      names.questions.filter((question) => question === `${ATTACKER} A`).length,
    ).toBeGreaterThan(1)
  } finally {
    await context.close()
    stranger.closeAllConnections()
  }
}

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** What a page reads of its own origin. */
const read = (page: Page, url: string, init: Sent = {}) =>
  page.evaluate(
    async ([at, options]) => {
      const response = await fetch(at, options)
      return { status: response.status, text: await response.text() }
    },
    [url, init] as const,
  )

const call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}'
const posted = (bearer: string): Sent => ({
  method: 'POST',
  headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
  body: call,
})

/** Everything that a page can make a browser send elsewhere, and what it learns of it. */
const fromElsewhere = (page: Page, target: string, bearer: string) =>
  page.evaluate(
    async ([url, token, body]) => {
      const outcome = (sent: Promise<Response>) =>
        sent.then(
          async (response) => `${response.type} ${response.status} ${await response.text()}`,
          () => 'refused',
        )
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const event = (element: HTMLElement | WebSocket, names: string[]) =>
        new Promise<string>((resolve) => {
          for (const name of names) element.addEventListener(name, () => resolve(name))
        })
      const image = new Image()
      const imageEnded = event(image, ['load', 'error'])
      image.src = url
      const socket = event(new WebSocket(url.replace('http', 'ws')), ['open', 'error'])
      return {
        preflighted: await outcome(fetch(url, { method: 'POST', headers, body })),
        simple: await outcome(fetch(url, { method: 'POST', body })),
        opaque: await outcome(fetch(url, { method: 'POST', body, mode: 'no-cors' })),
        read: await outcome(fetch(url)),
        image: await imageEnded,
        socket: await socket,
      }
    },
    [target, bearer, call] as const,
  )

/** A form as a page submits it: the browser leaves the page for the answer. @returns its status */
async function submitted(page: Page, target: string): Promise<number> {
  const [response] = await Promise.all([
    page.waitForResponse(target),
    page.evaluate(
      ([url, body]) => {
        const form = document.createElement('form')
        Object.assign(form, { action: url, method: 'post', enctype: 'text/plain' })
        const field = document.createElement('input')
        Object.assign(field, { name: body.slice(0, -1), value: '}' })
        form.append(field)
        document.body.append(form)
        form.submit()
      },
      [target, call] as const,
    ),
  ])
  return response.status()
}

const learnsNothing = {
  preflighted: 'refused',
  simple: 'refused',
  opaque: 'opaque 0 ',
  read: 'refused',
  image: 'error',
  socket: 'error',
}

async function elsewhere(use: (page: Page) => Promise<void>): Promise<void> {
  await using stranger = await serve(0, '127.0.0.1')
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`)
    await use(page)
  } finally {
    await context.close()
    stranger.closeAllConnections()
  }
}

const control = (heard: string[]) => ({
  async call(channel: string) {
    heard.push(channel)
    return {}
  },
  on: () => () => {},
})

async function startUi() {
  const home = await testHome()
  const folder = (name: string) => path.join(home.path, name)
  await mkdir(folder('renderer'))
  await mkdir(folder('run'), { mode: 0o700 })
  await writeFile(path.join(folder('renderer'), 'vault.html'), '<!doctype html>')
  await writeFile(
    path.join(folder('renderer'), 'index.html'),
    '<!doctype html><head><meta name="warder-session" content="" /></head><body>the page</body>',
  )
  const heard: string[] = []
  const options = { rendererDir: folder('renderer'), runtimeDir: folder('run'), clock: Date.now }
  const ui = await startUiServer(control(heard) as never, options)
  return {
    heard,
    port: Number(new URL(ui.url).port),
    async [Symbol.asyncDispose]() {
      await ui.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

describe.skipIf(chromiumPath() === null)('a page of a stranger', () => {
  it('whose name leads here gets nothing from the token door, not even with a token', async () => {
    await rebound(world.bridge.port, async (page) => {
      for (const where of ['/mcp/s', '/mcp'])
        expect(await read(page, where, posted(world.bearers.one))).toEqual({
          status: 421,
          text: '',
        })
      expect(await read(page, '/mcp/s')).toEqual({ status: 421, text: '' })
    })
    expect(remote.seen).toEqual([])
    expect(world.house.rows()).toEqual([])
  })

  it('whose name leads here sees nothing of the page and of its control', async () => {
    await using ui = await startUi()
    await rebound(ui.port, async (page) => {
      for (const where of ['/', '/index.html', '/api/status:get', '/events']) {
        const { status, text } = await read(page, where)
        expect(status).toBeGreaterThanOrEqual(400)
        expect(text).not.toContain('the page')
      }
      const told = await read(page, '/api/servers:remove', { method: 'POST', body: '{}' })
      expect(told.status).toBeGreaterThanOrEqual(400)
    })
    expect(ui.heard).toEqual([])
  })

  it('whose name leads here ends no sign-in, even with the right state', async () => {
    const listener = await openCallback(placeOf('http://127.0.0.1/cb'), Date.now)
    const expected = { state: 'the-state', issuer: 'https://a.example', issAdvertised: false }
    const waiting = listener.wait(expected, Date.now() + 600_000)
    await rebound(Number(new URL(listener.redirectUri).port), async (page) => {
      const { status, text } = await read(page, '/cb?code=stolen&state=the-state')
      expect(status).toBeGreaterThanOrEqual(400)
      expect(text).not.toContain('stolen')
    })
    await fetch(`${listener.redirectUri}?code=c&state=the-state`)
    expect((await waiting).get('code')).toBe('c')
  })

  it('at another port reaches no server and learns nothing', async () => {
    await using ui = await startUi()
    await elsewhere(async (page) => {
      const door = `http://127.0.0.1:${world.bridge.port}/mcp/s`
      expect(await fromElsewhere(page, door, world.bearers.one)).toEqual(learnsNothing)
      const api = `http://127.0.0.1:${ui.port}/api/servers:remove`
      const fromUi = { ...learnsNothing, opaque: 'refused' }
      expect(await fromElsewhere(page, api, world.bearers.one)).toEqual(fromUi)
      expect(await submitted(page, door)).toBe(403)
    })
    await elsewhere(async (page) => {
      const api = `http://127.0.0.1:${ui.port}/api/servers:remove`
      expect(await submitted(page, api)).toBeGreaterThanOrEqual(400)
    })
    expect(remote.seen).toEqual([])
    expect(ui.heard).toEqual([])
  })
})
