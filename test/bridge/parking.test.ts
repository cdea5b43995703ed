import { describe, expect, it } from 'vitest'
import { createParking } from '../../main/bridge/parking.ts'
import { WarderError } from '../../main/errors.ts'
import { signInNeeded } from '../../main/oauth/grant-errors.ts'
import type { Rule } from '../../main/store/config-schema.ts'
import { directSession } from './support/direct.ts'
import { startHouse } from './support/house.ts'
import { json, type Remote, startRemote, usual } from './support/remote.ts'
import { type Line, opening, remoteServer, startWorld, type World } from './support/world.ts'

const pay = { name: 'pay', arguments: { amount: 1 } }
const denyPay: Rule = { effect: 'deny', client: '*', server: '*', tool: 'pay' }

interface Scene extends AsyncDisposable {
  readonly remote: Remote
  readonly world: World
  readonly line: Line
  /** Sends a call and does not wait for its answer. */
  begin(id: string, line?: Line, params?: object): void
  /** Resolves when so many calls wait for a sign-in. */
  waiting(calls: number): Promise<void>
  /** The person is back. */
  signIn(): void
  /** What reached the server as a call. */
  executed(): number
  outcomes(): (string | null)[][]
}

const called = usual(({ id, rpc }, response) =>
  json(response, id, rpc === 'tools/call' ? '{"content":[]}' : '{}'),
)

/** A client with an open session at a server whose account has just died. */
async function deadAccount(answer = called): Promise<Scene> {
  await using started = new AsyncDisposableStack()
  const remote = started.use(await startRemote(answer))
  const world = started.use(await startWorld({ s: remoteServer(remote.url, 'oauth') }))
  world.tokens.set('s', 'a-token')
  const line = await world.line('s')
  started.defer(() => line.close())
  await line.open()
  await line.call('ping')
  world.dead.add('s')
  const { parking } = world.bridge
  const kept = started.move()
  return {
    remote,
    world,
    line,
    begin: (id, on = line, params = pay) =>
      on.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })),
    waiting: (calls) =>
      new Promise((resolve) => {
        const look = () => {
          if (parking.waiting().reduce((sum, group) => sum + group.calls, 0) !== calls) return
          off()
          resolve()
        }
        const off = parking.events.on('changed', look)
        look()
      }),
    signIn() {
      world.dead.delete('s')
      world.bridge.reconsider('s')
    },
    executed: () => remote.of('tools/call').length,
    outcomes: () =>
      world.house
        .rows()
        .filter(({ method }) => method === 'tools/call')
        .map(({ phase, outcome, code }) => [phase, outcome, code]),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const answered = async (line: Line) => JSON.parse((await line.next()) ?? 'null')
const parked = [
  ['intent', null, null],
  ['outcome', 'error', 'grant.sign_in_needed'],
]
const ran = [
  ['intent', null, null],
  ['outcome', 'ok', null],
]

describe('a call that meets a dead grant', () => {
  it('waits, and runs once when the person signs in, as a call of its own', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    expect(scene.world.bridge.parking.waiting()).toEqual([{ server: 's', client: 'one', calls: 1 }])
    expect(scene.executed()).toBe(0)
    scene.signIn()
    expect(await answered(scene.line)).toEqual({ jsonrpc: '2.0', id: 'a', result: { content: [] } })
    expect(scene.executed()).toBe(1)
    expect(scene.outcomes()).toEqual([...parked, ...ran])
    expect(new Set(scene.world.house.rows().map(({ call }) => call)).size).toBe(
      scene.world.house.rows().length / 2,
    )
    expect(scene.world.bridge.parking.waiting()).toEqual([])
  })

  it('ends when its time is up, with a link to our own page, and never runs after', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.pass(49_999)
    expect(scene.world.bridge.parking.waiting()).toHaveLength(1)
    scene.world.pass(1)
    const { error } = await answered(scene.line)
    expect(error).toEqual({
      code: -32050,
      message:
        's/ann needs a new sign-in: run `warder connect s`. Or sign in at http://127.0.0.1:7/#/servers/s',
      data: { code: 'grant.sign_in_needed', link: 'http://127.0.0.1:7/#/servers/s' },
    })
    scene.signIn()
    await scene.line.call('ping')
    expect(scene.executed()).toBe(0)
    expect(scene.outcomes()).toEqual(parked)
  })

  it('runs as the account that it waited for, never as the one that is left', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.account = 'bob'
    scene.signIn()
    const { error } = await answered(scene.line)
    expect(error.message).toContain('waited for s/ann')
    expect(error.data).toMatchObject({ code: 'grant.sign_in_needed' })
    expect(scene.executed()).toBe(0)
    expect(scene.outcomes()).toEqual([...parked, ...parked])
    expect(JSON.stringify(scene.world.house.rows().slice(-2))).not.toContain('bob')
  })

  it('does not wait for another account after the first', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.account = 'bob'
    scene.world.bridge.reconsider('s')
    expect((await answered(scene.line)).error.message).toContain('s/bob needs a new sign-in')
    expect(scene.world.bridge.parking.waiting()).toEqual([])
    expect(scene.executed()).toBe(0)
  })

  it('says what to do where the page has no address', async () => {
    await using scene = await deadAccount()
    scene.world.page = null
    scene.world.parkSeconds = 0
    const { error } = await scene.line.call('tools/call', pay)
    expect(error).toMatchObject({
      message:
        's/ann needs a new sign-in: run `warder connect s`. Or open Warder and sign in there.',
      data: { code: 'grant.sign_in_needed', link: null },
    })
  })

  it('is not held up where that is switched off', async () => {
    await using scene = await deadAccount()
    scene.world.parkSeconds = 0
    expect(await scene.line.call('tools/call', pay)).toMatchObject({
      error: { data: { code: 'grant.sign_in_needed' } },
    })
    expect(scene.executed()).toBe(0)
  })

  it('waits when the server refused it unread and the renewal failed', async () => {
    let status = 200
    await using scene = await deadAccount(
      usual(({ id, headers }, response) =>
        headers.authorization === 'Bearer a-token' && status === 401
          ? response.writeHead(401).end()
          : json(response, id, '{"content":[]}'),
      ),
    )
    const { world } = scene
    world.dead.clear()
    status = 401
    world.renewed = async () => {
      world.dead.add('s')
      throw new WarderError('grant.sign_in_needed', 'Over.', {
        details: { server: 's', account: 'ann' },
      })
    }
    scene.begin('a')
    await scene.waiting(1)
    world.tokens.set('s', 'new-token')
    scene.signIn()
    expect(await answered(scene.line)).toMatchObject({ id: 'a', result: {} })
    expect(scene.remote.of('tools/call').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer a-token',
      'Bearer new-token',
    ])
    expect(scene.outcomes()).toEqual([...parked, ...ran])
  })

  it('waits for more scopes as well', async () => {
    const challenge = 'Bearer error="insufficient_scope", scope="money:move"'
    await using scene = await deadAccount(
      usual(({ id, rpc, headers }, response) =>
        rpc === 'tools/call' && headers.authorization !== 'Bearer wide-token'
          ? response.writeHead(403, { 'www-authenticate': challenge }).end()
          : json(response, id, '{"content":[]}'),
      ),
    )
    scene.world.dead.clear()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.tokens.set('s', 'wide-token')
    scene.signIn()
    expect(await answered(scene.line)).toMatchObject({ id: 'a', result: {} })
    expect(scene.outcomes()).toEqual([
      parked[0],
      ['outcome', 'error', 'grant.scopes_needed'],
      ...ran,
    ])
  })

  it('does not miss a sign-in that comes while it is being refused', async () => {
    await using scene = await deadAccount()
    const { world } = scene
    world.onFetch = () => {
      world.onFetch = () => {}
      world.bridge.reconsider('s')
      queueMicrotask(() => world.dead.clear())
    }
    expect(await scene.line.call('tools/call', pay)).toMatchObject({ result: {} })
    expect(scene.executed()).toBe(1)
  })
})

describe('what does not wait', () => {
  it('is a ping, an opening and a notification', async () => {
    await using scene = await deadAccount()
    const { line, world } = scene
    expect(await line.call('ping')).toMatchObject({ error: { data: { link: expect.anything() } } })
    line.send('{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}')
    expect(await line.call('initialize', opening)).toMatchObject({ result: {} })
    expect(world.bridge.parking.waiting()).toEqual([])
  })

  it('is a call at a server that nobody is signed in to', async () => {
    await using scene = await deadAccount()
    scene.world.onFetch = () => {
      throw new WarderError('grant.sign_in_needed', 'Nobody is signed in.')
    }
    expect(await scene.line.call('tools/call', pay)).toMatchObject({
      error: { data: { code: 'grant.sign_in_needed', link: expect.anything() } },
    })
  })

  it('is a call that was on its way when the account was revoked', async () => {
    const hanging = Promise.withResolvers<void>()
    await using scene = await deadAccount(
      usual(({ rpc, id }, response) => {
        if (rpc === 'tools/call') hanging.resolve()
        else json(response, id, '{}')
      }),
    )
    scene.world.dead.clear()
    scene.begin('a')
    await hanging.promise
    scene.world.dead.add('s')
    await scene.world.bridge.cutGrant('grant-s')
    expect(await answered(scene.line)).toMatchObject({
      error: { data: { code: 'grant.sign_in_needed' } },
    })
    scene.signIn()
    expect(scene.executed()).toBe(1)
  })
})

describe('a call that may have been processed', () => {
  it('never waits, whatever the error that it ended with says', async () => {
    await using house = await startHouse()
    const parking = createParking({ seconds: () => 50 })
    let sent = 0
    const { say } = directSession(
      { ...house, parking },
      {
        hears({ method }) {
          if (method !== 'tools/list') return '{}'
          sent++
          throw signInNeeded({ server: 's', account: 'ann' })
        },
      },
    )
    const answer = Promise.withResolvers<string>()
    parking.events.on('changed', () => answer.resolve('it waits'))
    const channel = { reply: answer.resolve, send: () => {}, refuse: answer.resolve }
    await say('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', channel)
    expect(await answer.promise).toContain('grant.sign_in_needed')
    expect(sent).toBe(1)
  })
})

describe('a parked call whose requester is gone', () => {
  it.each<[string, (scene: Scene) => unknown]>([
    [
      'cancelled it',
      ({ line }) =>
        line.send(
          '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}',
        ),
    ],
    ['closed its line', ({ line }) => line.close()],
    ['was shut out', ({ world }) => world.bridge.shutOut('one')],
  ])('is never executed: it %s', async (_how, leave) => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    leave(scene)
    await scene.waiting(0)
    scene.signIn()
    const other = await scene.world.line('s', 'two')
    await other.open()
    expect(await other.call('ping')).toMatchObject({ result: {} })
    expect(scene.executed()).toBe(0)
    expect(scene.outcomes()).toEqual(parked)
    other.close()
  })

  it('is ended with an error for one that reads on but says no more', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.line.socket.end()
    expect(await answered(scene.line)).toMatchObject({
      id: 'a',
      error: { data: { code: 'grant.sign_in_needed' } },
    })
    expect(scene.executed()).toBe(0)
  })

  it('is never executed when it came over HTTP and its request is closed', async () => {
    await using scene = await deadAccount()
    const { world } = scene
    world.dead.clear()
    const leave = new AbortController()
    const post = (body: unknown, session: Record<string, string> = {}, signal?: AbortSignal) =>
      fetch(`${world.base}/mcp/s`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.bearers.one}`,
          'content-type': 'application/json',
          ...session,
        },
        body: JSON.stringify(body),
        ...(signal ? { signal } : {}),
      })
    const opened = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: opening })
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
    world.dead.add('s')
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: pay }
    const call = post(message, session, leave.signal)
    await scene.waiting(1)
    leave.abort()
    await expect(call).rejects.toThrow()
    await scene.waiting(0)
    scene.signIn()
    expect(await scene.line.call('ping')).toMatchObject({ result: {} })
    expect(scene.executed()).toBe(0)
  })
})

describe('a parked call is decided anew', () => {
  it('and denied at once by a new rule', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.house.rules = [...scene.world.house.rules, denyPay]
    scene.world.bridge.reconsider()
    expect(await answered(scene.line)).toMatchObject({ error: { data: { code: 'policy.denied' } } })
    scene.signIn()
    await scene.line.call('ping')
    expect(scene.executed()).toBe(0)
    expect(scene.outcomes()).toEqual([...parked, parked[0], ['outcome', 'denied', 'policy.denied']])
  })

  it('and waits on, no longer than before, where nothing changed for it', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.pass(30_000)
    scene.world.bridge.reconsider()
    await scene.waiting(0)
    await scene.waiting(1)
    scene.world.pass(20_000)
    expect(await answered(scene.line)).toMatchObject({ id: 'a', error: {} })
    expect(scene.outcomes()).toEqual([...parked, ...parked])
  })

  it('and ends at once when the account is revoked', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    scene.world.onFetch = () => {
      throw new WarderError('grant.sign_in_needed', 'Nobody is signed in.')
    }
    scene.world.bridge.reconsider('s')
    expect(await answered(scene.line)).toMatchObject({
      error: { message: expect.stringContaining('Nobody is signed in.') },
    })
    expect(scene.executed()).toBe(0)
  })

  it('against the definition that is there then, though the old one was cut', async () => {
    await using scene = await deadAccount()
    await using other = await startRemote(called)
    scene.begin('a')
    await scene.waiting(1)
    scene.world.servers = { s: remoteServer(other.url, 'oauth') }
    await scene.world.bridge.cutServer('s')
    scene.signIn()
    expect(await answered(scene.line)).toMatchObject({ id: 'a', result: {} })
    expect([scene.executed(), other.of('tools/call').length]).toEqual([0, 1])
  })

  it('also where the sign-in replaced the grant that its session holds', async () => {
    await using scene = await deadAccount()
    scene.begin('a')
    await scene.waiting(1)
    await scene.world.bridge.cutGrant('grant-s')
    scene.world.grantId = () => 'new-grant'
    scene.signIn()
    expect(await answered(scene.line)).toMatchObject({ id: 'a', result: {} })
  })
})

describe('bounds', () => {
  it('let eight calls of a client wait, each once, and answer the others at once', async () => {
    await using scene = await deadAccount()
    for (let index = 0; index < 100; index++) scene.begin(`c${index}`)
    const refused = []
    for (let index = 0; index < 92; index++) refused.push(await answered(scene.line))
    expect(refused.every(({ error }) => error?.data.code === 'grant.sign_in_needed')).toBe(true)
    await scene.waiting(8)
    const other = await scene.world.line('s', 'two')
    await other.open()
    scene.begin('other', other)
    await scene.waiting(9)
    scene.signIn()
    const results = []
    for (let index = 0; index < 8; index++) results.push(await answered(scene.line))
    expect(new Set(results.filter(({ result }) => result).map(({ id }) => id)).size).toBe(8)
    expect(await answered(other)).toMatchObject({ id: 'other', result: {} })
    expect(scene.executed()).toBe(9)
    other.close()
  })
})

describe('a client that shows progress', () => {
  it('is told what its call waits for, in numbers that grow, and may wait longer', async () => {
    await using scene = await deadAccount()
    scene.begin('a', scene.line, { ...pay, _meta: { progressToken: 'p' } })
    await scene.waiting(1)
    scene.world.pass(60_000)
    const notes = []
    for (let index = 0; index < 5; index++) notes.push(await answered(scene.line))
    for (const { method, params } of notes) {
      expect(method).toBe('notifications/progress')
      expect(params).toMatchObject({ progressToken: 'p', message: 'Waiting for sign-in at s' })
    }
    const numbers: number[] = notes.map(({ params }) => params.progress)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(new Set(numbers).size).toBe(5)
    expect(numbers.every((number) => number < 0)).toBe(true)
    scene.world.pass(239_999)
    expect(scene.world.bridge.parking.waiting()).toHaveLength(1)
    scene.world.pass(1)
    await scene.waiting(0)
  })
})
