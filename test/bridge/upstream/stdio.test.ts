import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { connectStdio } from '../../../main/bridge/upstream/stdio.ts'
import type { Credential } from '../../../main/bridge/upstream/upstream.ts'
import { createRuntime, type StartOptions } from '../../../main/runtime/supervisor.ts'
import type { ServerDefinition } from '../../../main/store/config-schema.ts'
import { configSchema, type LocalServer } from '../../../main/store/config-schema.ts'
import { anyRun } from '../../runtime/any-run.ts'
import { opened } from '../support/remote.ts'
import { manualTimer } from '../support/timer.ts'
import { type Line, localServer, startWorld, type World } from '../support/world.ts'

/** A local server: opens sessions, and does with a tool call what the body says. `say` writes one line. */
const server = (body: string, before = '') => `
import { createInterface } from 'node:readline'
const say = (text) => process.stdout.write(text + '\\n')
const answer = (id, result) => say(JSON.stringify({ jsonrpc: '2.0', id, result }))
const seen = []
${before}
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  const { id, method, params } = message
  seen.push(message)
  if (method === 'initialize') answer(id, ${opened})
  else if (method === 'server/discover') say(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }))
  else if (method === 'ping') answer(id, { pid: process.pid, seen: seen.map((one) => one.method ?? 'answer') })
  else { ${body} }
}`

const echoName = `if (id !== undefined) answer(id, { name: params?.name, key: process.env.KEY ?? null })`
const text = (id: string, name: string) =>
  `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"${name}"}}`

describe('a local server', () => {
  it('may print what is no message, before and between', async () => {
    const noisy = server(
      `say('working...'); say('{"level":"info"}'); say('[]'); say(''); answer(id, { ok: true })`,
      `say('Server listening'); process.stdout.write(Buffer.from([0xff, 0xfe, 0x0a]))`,
    )
    await using world = await startWorld({ s: localServer(noisy) })
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', { name: 'x' })).toMatchObject({ result: { ok: true } })
    line.close()
  })

  it('that answers with something unreadable fails the call and stays', async () => {
    const broken = server(
      `if (id !== undefined) say('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":{"a":1,"a":2}}')`,
    )
    await using world = await startWorld({ s: localServer(broken) })
    const line = await world.line('s')
    await line.open()
    const answer = await line.call('tools/call', { name: 'x' })
    expect(answer).toMatchObject({ error: { data: { code: 'server.protocol' } } })
    expect(await line.call('ping')).toMatchObject({ result: {} })
    line.close()
  })

  it('that answers in another encoding fails the call that it names, and stays', async () => {
    const latin = server(
      `if (id !== undefined) process.stdout.write(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: { text: 'é' } }) + '\\n', 'latin1'))`,
    )
    await using world = await startWorld({ s: localServer(latin) })
    const line = await world.line('s')
    await line.open()
    const answer = await line.call('tools/call', { name: 'x' })
    expect(answer).toMatchObject({ error: { data: { code: 'server.protocol' } } })
    expect(await line.call('ping')).toMatchObject({ result: {} })
    line.close()
  })

  it('that dies in a call fails it, and is started again with its credentials by the next', async () => {
    const mortal = server(`if (params?.name === 'die') process.exit(3); ${echoName}`)
    await using world = await startWorld(
      { s: localServer(mortal, { KEY: 'secret:k' }) },
      undefined,
      {
        k: 'the-value-of-k',
      },
    )
    const line = await world.line('s')
    await line.open()
    const before = await line.call('ping')
    const died = await line.call('tools/call', { name: 'die' })
    expect(died).toMatchObject({ error: { data: { code: 'server.ended' } } })
    const next = await line.call('tools/call', { name: 'live' })
    expect(next).toMatchObject({ result: { name: 'live', key: 'the-value-of-k' } })
    const after = await line.call('ping')
    expect(pidOf(after)).not.toBe(pidOf(before))
    // The opening was played again, in order, and the call that died was not.
    expect(after).toMatchObject({
      result: { seen: ['initialize', 'notifications/initialized', 'tools/call', 'ping'] },
    })
    line.close()
  })

  it('whose opening fails when it is played again leaves no process behind', async () => {
    await using world = await startWorld({ s: localServer(server(echoName)) })
    const line = await world.line('s')
    await line.open()
    world.servers = {
      s: localServer(
        `for await (const line of (await import('node:readline')).createInterface({ input: process.stdin }))
           console.log(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(line).id, error: { code: 1, message: 'no' } }))`,
      ),
    }
    await world.bridge.cutServer('s')
    const answer = await line.call('tools/call', { name: 'x' })
    expect(answer).toMatchObject({ error: { data: { code: 'server.refused' } } })
    line.close()
    await once(line.socket, 'close')
    await world.bridge.close()
    expect(world.running()).toEqual([])
  })

  it('that is opened twice in one session runs once', async () => {
    await using world = await startWorld({ s: localServer(server(echoName)) })
    const line = await world.line('s')
    for (const id of ['a', 'b'])
      line.send(`{"jsonrpc":"2.0","id":"${id}","method":"initialize","params":{}}`)
    line.send(text('c', 'third'))
    const answers = [await line.next(), await line.next(), await line.next()]
    const third = answers.find((one) => one?.includes('"id":"c"'))
    expect(third).toContain('"name":"third"')
    expect(world.running()).toHaveLength(1)
    line.close()
  })

  it('gets pretty-printed JSON on one line', async () => {
    await using world = await startWorld({ s: localServer(server(echoName)) })
    const post = poster(world)
    await post({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} })
    const answer = await post({
      jsonrpc: '2.0',
      id: 2,
      method: 'tools/call',
      params: { name: 'a' },
    })
    expect(answer).toMatchObject({ id: 2, result: { name: 'a' } })
  })

  it('is told that a call was given up, and the call ends', async () => {
    const deaf = server(`if (method === 'notifications/cancelled') say(JSON.stringify({
      jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: params } }))`)
    await using world = await startWorld({ s: localServer(deaf) })
    const line = await world.line('s')
    await line.open()
    line.send(text('long', 'x'))
    line.send(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"long","reason":"r"}}',
    )
    // The third message of the client on this session after the opening's two.
    expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
      params: { data: { requestId: 3, reason: 'r' } },
    })
    line.send(text('long', 'again'))
    expect(await line.call('ping')).toMatchObject({ result: {} })
    const ended = world.house.rows().filter((row) => row.outcome === 'cancelled')
    expect(ended.map((row) => row.target)).toEqual(['x'])
    line.close()
  })

  it('is not started with a token that was revoked while it was fetched', async () => {
    await using world = await startWorld({ s: localServer(server(echoName), { KEY: 'grant:g' }) })
    world.tokens.set('g', 'token-of-g')
    world.onFetch = () => void world.bridge.cutGrant('grant-g')
    const line = await world.line('s')
    const answer = await line.call('initialize', {})
    expect(answer).toMatchObject({ result: { serverInfo: { version: 'not connected' } } })
    expect(world.running()).toEqual([])
    line.close()
  })

  it('does not see a call of a client that was shut out', async () => {
    await using world = await startWorld({ s: localServer(server(echoName)) })
    const line = await world.line('s')
    await line.open()
    line.send(text('last', 'x'))
    line.socket.resume()
    await world.bridge.shutOut('one')
    await world.bridge.letIn('one')
    const again = await world.line('s')
    await again.open()
    expect(await again.call('ping')).toMatchObject({
      result: { seen: ['initialize', 'notifications/initialized', 'ping'] },
    })
    again.close()
  })
})

describe('a local server that says nothing of a call', () => {
  const HOUR = 60 * 60_000
  /** Answers what is called `answer`, and shows progress of what is called `show`; the rest it leaves alone. */
  const quiet = server(`
    const progress = { progressToken: params?.token, progress: 1 }
    if (method === 'show') say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: progress }))
    if (method === 'ask') say(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }))
    if (method === 'show' || method === 'ask' || method === 'answer') answer(id, {})
    if (method === 'answer') answer(params.of, { late: true })`)

  async function connected() {
    const runtime = createRuntime(anyRun)
    const { timer, pass } = manualTimer()
    const definition = configSchema.parse({ servers: { s: localServer(quiet) } }).servers
      .s as LocalServer
    const upstream = await connectStdio({
      timer,
      events: { onMessage: () => {}, onClosed: () => {} },
      start: ({ onLine, onDropped, onExit }) =>
        runtime.start({
          name: 's',
          definition,
          environment: {},
          holds: [],
          mask: (text) => text,
          onLine,
          onDropped,
          onExit: ({ error }) => onExit(error),
        } as StartOptions),
    })
    const { signal } = new AbortController()
    const request = (id: string, method: string, params: object = {}) => {
      const text = `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}`
      const value = upstream
        .request(text, id, {} as Credential, signal)
        .then((answer) => answer.value.value())
      // Some fail before the test comes to them.
      value.catch(() => {})
      return value
    }
    return { runtime, upstream, request, pass, [Symbol.asyncDispose]: () => runtime.close() }
  }
  const _meta = { progressToken: 'p' }

  it('is told that nobody waits any more', async () => {
    await using scene = await connected()
    const call = scene.request('1', 'tools/call')
    await scene.request('2', 'answer')
    scene.pass(2 * HOUR)
    await expect(call).rejects.toMatchObject({ code: 'server.timed_out' })
    expect(await scene.request('3', 'ping')).toMatchObject({
      seen: expect.arrayContaining(['notifications/cancelled']),
    })
  })

  it('is waited for as long as it shows progress of that call', async () => {
    await using scene = await connected()
    const call = scene.request('1', 'tools/call', { _meta })
    const other = scene.request('2', 'tools/call')
    for (const id of ['3', '4', '5']) {
      scene.pass(HOUR * 0.8)
      await scene.request(id, 'show', { token: 'p' })
    }
    await expect(other).rejects.toMatchObject({ code: 'server.timed_out' })
    await scene.request('6', 'answer', { of: 1 })
    expect(await call).toEqual({ late: true })
  })

  it('is waited for while it asks', async () => {
    await using scene = await connected()
    const call = scene.request('1', 'tools/call')
    for (const id of ['2', '3']) {
      scene.pass(HOUR * 0.8)
      await scene.request(id, 'ask')
    }
    await scene.request('4', 'answer', { of: 1 })
    expect(await call).toEqual({ late: true })
  })

  it('may be silent on a stream of subscriptions', async () => {
    await using scene = await connected()
    const stream = scene.request('1', 'subscriptions/listen')
    await scene.request('2', 'show')
    scene.pass(24 * HOUR)
    await scene.request('3', 'answer', { of: 1 })
    expect(await stream).toEqual({ late: true })
  })
})

const pidOf = (answer: Record<string, unknown>) => (answer.result as { pid: number }).pid

/** A client of the token door that writes JSON over several lines. */
function poster(world: World) {
  let session: string | null = null
  return async (message: unknown): Promise<unknown> => {
    const response = await fetch(`${world.base}/mcp/s`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${world.bearers.one}`,
        'content-type': 'application/json',
        ...(session === null ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify(message, null, 2),
    })
    session ??= response.headers.get('mcp-session-id')
    return response.json()
  }
}

describe('a server that nobody uses', () => {
  const idle = (seconds?: number) =>
    ({
      ...localServer(
        server(
          `if (params?.name === 'hold') held = id; else { if (params?.name === 'release') answer(held, {}); if (id !== undefined) answer(id, { pid: process.pid }) }`,
          'let held',
        ),
      ),
      ...(seconds && { idleSeconds: seconds }),
    }) as ServerDefinition

  it('is ended after as long as its definition says, and started again by the next call', async () => {
    await using world = await startWorld({ s: idle(60) })
    const line = await world.line('s')
    await line.open()
    const before = await line.call('tools/call', { name: 'x' })
    world.pass(59_000)
    expect(pidOf(await line.call('tools/call', { name: 'x' }))).toBe(pidOf(before))
    world.pass(59_000)
    expect(pidOf(await line.call('tools/call', { name: 'x' }))).toBe(pidOf(before))
    world.pass(61_000)
    expect(pidOf(await line.call('tools/call', { name: 'x' }))).not.toBe(pidOf(before))
    expect(world.running()).toEqual(['s'])
    line.close()
  })

  it('is used by who is subscribed to something of it', async () => {
    await using world = await startWorld({ s: idle(60) })
    const line = await world.line('s')
    await line.open()
    const before = await line.call('resources/subscribe', { uri: 'a:1' })
    world.pass(61_000)
    const then = await line.call('resources/unsubscribe', { uri: 'a:1' })
    expect(pidOf(then)).toBe(pidOf(before))
    world.pass(61_000)
    expect(pidOf(await line.call('tools/call', { name: 'x' }))).not.toBe(pidOf(before))
    line.close()
  })

  it('is not ended while it has a call to answer, nor where nothing is said', async () => {
    await using world = await startWorld({ s: idle(60), t: idle() })
    const [line, other] = [await world.line('s'), await world.line('t')]
    await Promise.all([line.open(), other.open()])
    const before = await other.call('tools/call', { name: 'x' })
    line.send(text('held', 'hold'))
    await line.call('ping')
    const { running } = world
    world.pass(3_600_000)
    expect(running()).toEqual(['s', 't'])
    expect(await line.call('tools/call', { name: 'release' })).toMatchObject({ result: {} })
    expect(pidOf(await other.call('tools/call', { name: 'x' }))).toBe(pidOf(before))
    line.close()
    other.close()
  })
})

describe('a token that was renewed', () => {
  const tells = server(
    `if (id !== undefined) answer(id, { env: process.env.KEY, file: process.env.FILE && readFileSync(process.env.FILE, 'utf8'), pid: process.pid, held: params?.name === 'hold' })`,
    `import { readFileSync } from 'node:fs'`,
  )
  const waits = server(
    `if (params?.name === 'hold') { globalThis.held = id } else if (params?.name === 'release') { answer(held, { pid: process.pid }); answer(id, { pid: process.pid }) } else if (id !== undefined) answer(id, { env: process.env.KEY, pid: process.pid })`,
  )

  it('starts the server anew, with the new one, when no call is under way', async () => {
    await using world = await startWorld({ s: localServer(waits, { KEY: 'grant:g' }) })
    world.tokens.set('g', 'first')
    const line = await world.line('s')
    await line.open()
    const before = await line.call('tools/call', { name: 'x' })
    expect(before).toMatchObject({ result: { env: 'first' } })

    world.tokens.set('g', 'second')
    line.send(text('held', 'hold'))
    expect(await line.call('tools/call', { name: 'x' })).toMatchObject({ result: { env: 'first' } })
    await world.bridge.renewGrant('grant-g')
    // Nothing of what was under way is lost.
    expect(await line.call('tools/call', { name: 'x' })).toMatchObject({ result: { env: 'first' } })
    const released = await line.call('tools/call', { name: 'release' })
    expect(pidOf(released)).toBe(pidOf(before))
    const after = await line.call('tools/call', { name: 'x' })
    expect(after).toMatchObject({ result: { env: 'second' } })
    expect(pidOf(after)).not.toBe(pidOf(before))
    expect(world.running()).toEqual(['s'])
    line.close()
  })

  it('is put into the same file where the definition says so', async () => {
    const definition = localServer(tells)
    await using world = await startWorld({
      s: { ...definition, files: { FILE: 'grant:g' }, onRenewal: 'refeed' } as ServerDefinition,
    })
    world.tokens.set('g', 'first')
    const line = await world.line('s')
    await line.open()
    const before = await line.call('tools/call', { name: 'x' })
    expect(before).toMatchObject({ result: { file: 'first' } })
    world.tokens.set('g', 'second')
    await world.bridge.renewGrant('grant-other')
    expect(await line.call('tools/call', { name: 'x' })).toMatchObject({
      result: { file: 'first' },
    })
    await world.bridge.renewGrant('grant-g')
    const after = await line.call('tools/call', { name: 'x' })
    expect(after).toMatchObject({ result: { file: 'second' } })
    expect(pidOf(after)).toBe(pidOf(before))
    line.close()
  })
})

describe('a secret that was set anew', () => {
  const tells = server(
    `if (params?.name === 'hold') { globalThis.held = id } else if (id !== undefined) { if (params?.name === 'release' && globalThis.held) answer(globalThis.held, {}); answer(id, told()) }`,
    `import { readFileSync } from 'node:fs'
     const read = (file) => file && readFileSync(file, 'utf8')
     const told = () => ({ env: process.env.KEY, file: read(process.env.FILE), pid: process.pid })`,
  )
  /** What the server says before and after, and whether it was another process. */
  async function told(more: Partial<LocalServer>, during: (line: Line) => Promise<unknown>) {
    const secrets = { k: 'first', other: 'first' }
    const definition = { ...localServer(tells), ...more } as ServerDefinition
    await using world = await startWorld({ s: definition }, undefined, secrets)
    const line = await world.line('s')
    await line.open()
    const before = await line.call('tools/call', { name: 'x' })
    await during(line)
    secrets.k = 'second'
    await world.bridge.renewSecret('k')
    const then = await line.call('tools/call', { name: 'release' })
    const after = await line.call('tools/call', { name: 'x' })
    line.close()
    const { env, file } = after.result as { env?: string; file?: string }
    return { value: file ?? env, stayed: [then, after].map((one) => pidOf(one) === pidOf(before)) }
  }
  const nothing = async () => {}

  it.each<[string, Partial<LocalServer>, string, boolean]>([
    ['a variable starts it anew', { env: { KEY: 'secret:k' } }, 'second', false],
    ['a file starts it anew', { files: { FILE: 'secret:k' } }, 'second', false],
    [
      'a file comes into the same one where the definition says so',
      { files: { FILE: 'secret:k' }, onRenewal: 'refeed' },
      'second',
      true,
    ],
    [
      'a variable starts it anew, whatever is said of files',
      { env: { KEY: 'secret:k' }, onRenewal: 'refeed' },
      'second',
      false,
    ],
    ['another server leaves it alone', { env: { KEY: 'secret:other' } }, 'first', true],
  ])('and is in %s', async (_what, more, value, stays) => {
    expect(await told(more, nothing)).toEqual({ value, stayed: [stays, stays] })
  })

  it('takes nothing from a call that is under way', async () => {
    const held = async (line: Line) => {
      line.send(text('held', 'hold'))
      await line.call('tools/call', { name: 'x' })
    }
    const { value, stayed } = await told({ env: { KEY: 'secret:k' } }, held)
    expect([value, stayed]).toEqual(['second', [true, false]])
  })
})

describe('what a client asked for that lasts', () => {
  const tells = server(
    `if (params?.uri === 'a:refused') say(JSON.stringify({ jsonrpc: '2.0', id, error: { code: 1, message: 'no' } }))
     else if (id !== undefined) answer(id, { asked: seen.map(({ method, params }) => [method, params?.level ?? params?.uri]) })`,
  )
  /** What the server that was started anew had been asked before the first call. */
  async function askedAgain(first: (line: Line, world: World) => Promise<unknown>) {
    const definition = { ...localServer(tells, { KEY: 'secret:k' }) }
    await using world = await startWorld({ s: definition }, undefined, { k: 'v' })
    const line = await world.line('s')
    await line.open()
    await first(line, world)
    await world.bridge.renewSecret('k')
    const { result } = await line.call('tools/call', { name: 'x' })
    line.close()
    const { asked } = result as { asked: [string, string?][] }
    return asked.slice(2, -1).map(([method, what]) => `${method} ${what}`)
  }
  const subscribe = (line: Line, uri: string) => line.call('resources/subscribe', { uri })

  it('is asked of the server that is started in its place', async () => {
    const asked = await askedAgain(async (line) => {
      await line.call('logging/setLevel', { level: 'error' })
      for (const uri of ['a:1', 'a:2', 'a:refused']) await subscribe(line, uri)
      await line.call('resources/unsubscribe', { uri: 'a:1' })
      await line.call('logging/setLevel', { level: 'debug' })
    })
    expect(asked).toEqual(['logging/setLevel debug', 'resources/subscribe a:2'])
  })

  it('is not asked of it where the rules say no by now, or where the client has begun anew', async () => {
    const denied = await askedAgain(async (line, world) => {
      for (const uri of ['a:1', 'b:1']) await subscribe(line, uri)
      const deny = { effect: 'deny', client: '*', server: '*', resource: 'a:*' } as const
      world.house.rules = [deny, ...world.house.rules]
    })
    expect(denied).toEqual(['resources/subscribe b:1'])
    const anew = await askedAgain(async (line) => {
      await subscribe(line, 'a:1')
      await line.open()
    })
    expect(anew).toEqual([])
  })
})
