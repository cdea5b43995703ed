import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Answer, json, type Remote, startRemote } from '../support/remote.ts'
import { type Line, opening, remoteServer, startWorld, type World } from '../support/world.ts'

const DISCOVERED =
  '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"instructions":"Be kind.","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"modern","version":"3"}}}'

/** A server of the stateless revision: what it is not asked statelessly it refuses. */
const modern =
  (more: Answer): Answer =>
  (seen, response) => {
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.headers['mcp-protocol-version'] !== '2026-07-28')
      return fail(response, seen.id, 400, -32020)
    if (seen.rpc === 'server/discover') return json(response, seen.id, DISCOVERED)
    return more(seen, response)
  }

function fail(
  response: Parameters<Answer>[1],
  id: string,
  status: number,
  code: number,
  data = {},
) {
  const error = { code, message: 'no', data }
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`)
}

async function opened(
  answer: Answer,
  capabilities: object = {},
  auth: 'oauth' | 'public' = 'public',
) {
  const remote = await startRemote(answer)
  const world = await startWorld({ s: remoteServer(remote.url, auth) })
  world.tokens.set('s', 'the-access-token')
  const line = await world.line('s')
  const answered = await line.call('initialize', { ...opening, capabilities })
  line.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
  return {
    remote,
    world,
    line,
    opened: answered,
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

const callsOf = (world: World) =>
  world.house
    .rows()
    .filter(({ method }) => method === 'tools/call')
    .map(({ phase, outcome, code }) => [phase, outcome, code])

const metaOf = (remote: Remote, rpc: string) =>
  JSON.parse(remote.of(rpc).at(-1)?.body ?? '{}').params._meta
const done = '{"resultType":"complete","content":[]}'
const call = { name: 'work', arguments: {} }

describe('a client of sessions at a server without them', () => {
  it('is opened by what the server says of itself, and nothing of a session reaches the server', async () => {
    await using scene = await opened(modern((seen, response) => json(response, seen.id, done)))
    expect(scene.opened.result).toEqual({
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'modern', version: '3' },
      instructions: 'Be kind.',
    })
    expect(await scene.line.call('ping')).toMatchObject({ result: {} })
    expect(await scene.line.call('tools/call', call)).toMatchObject({ result: { content: [] } })
    await scene.world.bridge.shutOut('one')
    expect(scene.remote.seen.map(({ method, rpc }) => `${method} ${rpc}`)).toEqual([
      'POST server/discover',
      'POST tools/call',
    ])
  })

  it('speaks for itself, with its credential, in every request', async () => {
    const abilities = { roots: { listChanged: true }, elicitation: {}, tasks: {} }
    const answer = modern((seen, response) => json(response, seen.id, done))
    await using scene = await opened(answer, abilities, 'oauth')
    await scene.line.call('logging/setLevel', { level: 'debug' })
    expect(await scene.line.call('logging/setLevel', { level: 'loud' })).toMatchObject({
      error: { code: -32602 },
    })
    await scene.line.call('tools/call', { ...call, name: 'é' })
    expect(metaOf(scene.remote, 'tools/call')).toEqual({
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': opening.clientInfo,
      'io.modelcontextprotocol/clientCapabilities': { roots: {}, elicitation: {} },
      'io.modelcontextprotocol/logLevel': 'debug',
    })
    expect(scene.remote.of('tools/call')[0]?.headers).toMatchObject({
      authorization: 'Bearer the-access-token',
      'mcp-method': 'tools/call',
      'mcp-name': '=?base64?w6k=?=',
    })
    expect(scene.remote.of('tools/call')[0]?.headers).not.toHaveProperty('mcp-session-id')
  })

  it('is recorded and decided by what it asked', async () => {
    await using scene = await opened(modern((seen, response) => json(response, seen.id, done)))
    await scene.line.call('tools/call', call)
    const methods = scene.world.house.rows().map(({ method }) => method)
    expect(methods).toContain('tools/call')
    expect(methods).not.toContain('server/discover')
    scene.world.house.rules = [{ effect: 'deny', client: '*', server: '*', tool: 'work' }]
    expect(await scene.line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'policy.denied' } },
    })
    expect(scene.remote.of('tools/call')).toHaveLength(1)
  })

  it('has its call made again after a renewal', async () => {
    const answer = modern((seen, response) =>
      seen.headers.authorization === 'Bearer new'
        ? json(response, seen.id, done)
        : response.writeHead(401).end(),
    )
    await using scene = await opened(answer, {}, 'oauth')
    scene.world.renewed = async () => 'new'
    expect(await scene.line.call('tools/call', call)).toMatchObject({ result: {} })
  })

  it('closes the stream of a call that it gives up', async () => {
    const closed = Promise.withResolvers<unknown>()
    const began = Promise.withResolvers<void>()
    const answer = modern((_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n')
      closed.resolve(once(response, 'close'))
      began.resolve()
    })
    await using scene = await opened(answer)
    const message = { jsonrpc: '2.0', id: 'x', method: 'tools/call', params: call }
    scene.line.send(JSON.stringify(message))
    await began.promise
    scene.line.send(
      '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"x"}}',
    )
    await closed.promise
    expect(scene.remote.of('notifications/cancelled')).toEqual([])
  })

  it.each(['"task"', '7', '"input_required"'])(
    'gets no result of the kind %s for a list',
    async (type) => {
      const result = `{"resultType":${type},"tools":[],"requestState":"s"}`
      await using scene = await opened(modern((seen, response) => json(response, seen.id, result)))
      expect(await scene.line.call('tools/list')).toMatchObject({
        error: { data: { code: 'server.protocol' } },
      })
    },
  )
})

describe('tools whose arguments stand in headers', () => {
  const listed = (header: string) =>
    `{"resultType":"complete","tools":[{"name":"work","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"${header}"}}}},{"name":"bad","inputSchema":{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}}]}`

  it('get them, and invalid ones are neither listed nor called', async () => {
    await using scene = await opened(
      modern((seen, response) =>
        json(response, seen.id, seen.rpc === 'tools/list' ? listed('Region') : done),
      ),
    )
    const list = (await scene.line.call('tools/list')) as { result: { tools: { name: string }[] } }
    expect(list.result.tools.map(({ name }) => name)).toEqual(['work'])
    await scene.line.call('tools/call', { name: 'work', arguments: { a: 'x\r\ncookie: y' } })
    const [sent] = scene.remote.of('tools/call')
    expect(sent?.headers).not.toHaveProperty('cookie')
    expect(sent?.headers['mcp-param-region']).toBe('=?base64?eA0KY29va2llOiB5?=')
    expect(await scene.line.call('tools/call', { name: 'bad' })).toMatchObject({
      error: { data: { code: 'server.protocol' } },
    })
    expect(scene.remote.of('tools/call')).toHaveLength(1)
  })

  it('are looked up where the server misses a header, and the call is made with it', async () => {
    await using scene = await opened(
      modern((seen, response) => {
        if (seen.rpc === 'tools/list') return json(response, seen.id, listed('Zone'))
        if (seen.headers['mcp-param-zone'] === 'eu') return json(response, seen.id, done)
        return fail(response, seen.id, 400, -32020)
      }),
    )
    const args = { name: 'work', arguments: { a: 'eu' } }
    expect(await scene.line.call('tools/call', args)).toMatchObject({ result: {} })
    expect(callsOf(scene.world)).toEqual([
      ['intent', null, null],
      ['outcome', 'error', 'headers-wanted'],
      ['intent', null, null],
      ['outcome', 'ok', null],
    ])
    expect(await scene.line.call('tools/call', { ...args, arguments: { a: 'us' } })).toMatchObject({
      error: { code: -32020 },
    })
  })

  it('are not called for ever by a server that lists another header each time', async () => {
    let lists = 0
    await using scene = await opened(
      modern((seen, response) =>
        seen.rpc === 'tools/list'
          ? json(response, seen.id, listed(`Zone-${++lists}`))
          : fail(response, seen.id, 400, -32020),
      ),
    )
    expect(
      await scene.line.call('tools/call', { name: 'work', arguments: { a: 'eu' } }),
    ).toMatchObject({ error: { data: { code: 'server.protocol' } } })
    expect(scene.remote.of('tools/call')).toHaveLength(2)
  })
})

describe('what Warder says of its own accord', () => {
  const listed =
    '{"resultType":"complete","tools":[{"name":"work","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"}}}}]}'

  it('stays here once everything is stopped: a list of tools', async () => {
    await using scene = await opened(
      modern((seen, response) => {
        if (seen.rpc === 'tools/list') return json(response, seen.id, listed)
        scene.world.stopped = true
        return fail(response, seen.id, 400, -32020)
      }),
    )
    expect(
      await scene.line.call('tools/call', { name: 'work', arguments: { a: 'x' } }),
    ).toMatchObject({ error: { data: { code: 'policy.stopped' } } })
    expect(scene.remote.of('tools/list')).toEqual([])
  })

  it('stays here once everything is stopped: what follows the probe', async () => {
    await using remote = await startRemote((_seen, response) => {
      world.stopped = true
      return response.writeHead(400).end()
    })
    await using world = await startWorld({ s: remoteServer(remote.url) })
    const line = await world.line('s')
    const { result } = await line.call('initialize', opening)
    expect(result).toMatchObject({ serverInfo: { version: 'not connected' } })
    expect(remote.seen.map(({ rpc }) => rpc)).toEqual(['server/discover'])
    line.close()
  })
})

describe('a server that needs input first (Multi Round-Trip Requests)', () => {
  const needs = (method: string, state: string | null = '"\\u0073tate=="') =>
    `{"resultType":"input_required","inputRequests":{"q":{"method":"${method}","params":{"message":"Sure?","requestedSchema":{"type":"object","properties":{}}}}}${state === null ? '' : `,"requestState":${state}`}}`
  const asking = (first: string) =>
    modern((seen, response) =>
      json(response, seen.id, seen.body.includes('"inputResponses"') ? done : first),
    )

  async function askedFor(line: Line): Promise<{ id: string; method: string }> {
    line.send(JSON.stringify({ jsonrpc: '2.0', id: 'x', method: 'tools/call', params: call }))
    return JSON.parse((await line.next()) ?? '{}')
  }

  it('is told what the client says, with its state byte for byte and under a new id', async () => {
    await using scene = await opened(asking(needs('elicitation/create')), { elicitation: {} })
    const question = await askedFor(scene.line)
    expect(question.method).toBe('elicitation/create')
    const answer = '{"action":"accept","content":{"n":12345678901234567890}}'
    scene.line.send(`{"jsonrpc":"2.0","id":${JSON.stringify(question.id)},"result":${answer}}`)
    expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({
      id: 'x',
      result: { content: [] },
    })
    const [first, second] = scene.remote.of('tools/call')
    expect(second?.id).not.toBe(first?.id)
    expect(second?.body).toContain(`"inputResponses":{"q":${answer}}`)
    expect(second?.body).toContain('"requestState":"\\u0073tate=="')
    expect(first?.body).not.toContain('requestState')
    const methods = scene.world.house.rows().map(({ method }) => method)
    expect(methods).toContain('elicitation/create')
    expect(callsOf(scene.world)).toEqual([
      ['intent', null, null],
      ['outcome', 'ok', 'input-required'],
      ['intent', null, null],
      ['outcome', 'ok', null],
    ])
  })

  it('gets no state back that it did not give', async () => {
    await using scene = await opened(asking(needs('elicitation/create', null)), { elicitation: {} })
    const { id } = await askedFor(scene.line)
    scene.line.send(JSON.stringify({ jsonrpc: '2.0', id, result: { action: 'decline' } }))
    await scene.line.next()
    expect(scene.remote.of('tools/call')[1]?.body).not.toContain('requestState')
  })

  it.each(['elicitation/create', 'sampling/createMessage', 'roots/list', 'tools/call'])(
    'is not followed where the client cannot answer %s',
    async (method) => {
      await using scene = await opened(asking(needs(method)))
      expect(await scene.line.call('tools/call', call)).toMatchObject({
        error: { data: { code: 'server.protocol' } },
      })
      expect(scene.remote.of('tools/call')).toHaveLength(1)
    },
  )

  it('is not followed where the client refuses to answer', async () => {
    await using scene = await opened(asking(needs('elicitation/create')), { elicitation: {} })
    const { id } = await askedFor(scene.line)
    scene.line.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -1, message: 'no' } }))
    expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({
      error: { data: { code: 'server.protocol' } },
    })
  })

  /** A server that asks in the first round, and a client that has not answered yet. */
  async function waiting(second: Answer = (seen, response) => json(response, seen.id, done)) {
    const scene = await opened(
      modern((seen, response) =>
        seen.body.includes('"inputResponses"')
          ? second(seen, response)
          : json(response, seen.id, needs('elicitation/create')),
      ),
      { elicitation: {} },
      'oauth',
    )
    const { id } = await askedFor(scene.line)
    return {
      ...scene,
      async answer(): Promise<unknown> {
        scene.line.send(JSON.stringify({ jsonrpc: '2.0', id, result: { action: 'accept' } }))
        return JSON.parse((await scene.line.next()) ?? '{}')
      },
      /** Of the requests, which were further rounds. */
      rounds: () =>
        scene.remote.of('tools/call').map(({ body }) => body.includes('"inputResponses"')),
    }
  }

  it('gets no further round where a rule was changed while the person answered', async () => {
    await using scene = await waiting()
    scene.world.house.rules = [{ effect: 'deny', client: '*', server: '*', tool: 'work' }]
    expect(await scene.answer()).toMatchObject({
      id: 'x',
      error: { data: { code: 'policy.denied' } },
    })
    expect(scene.rounds()).toEqual([false])
    expect(callsOf(scene.world).at(-1)).toEqual(['outcome', 'denied', 'policy.denied'])
  })

  it('gets no further round where the grant was revoked while the person answered', async () => {
    await using scene = await waiting()
    await scene.world.bridge.cutGrant('grant-s')
    expect(JSON.parse((await scene.line.next()) ?? '')).toMatchObject({
      id: 'x',
      error: { data: { code: 'grant.sign_in_needed' } },
    })
    expect(scene.rounds()).toEqual([false])
  })

  it('gets what it asked for as the account that it asked, or not at all', async () => {
    await using scene = await waiting()
    scene.world.grantId = () => 'another-grant'
    expect(await scene.answer()).toMatchObject({
      id: 'x',
      error: { data: { code: 'server.ended' } },
    })
    expect(scene.rounds()).toEqual([false])
  })

  it('gets the credential of that moment, and the round alone again where it refused it unread', async () => {
    await using scene = await waiting(({ headers, id }, response) =>
      headers.authorization === 'Bearer new'
        ? json(response, id, done)
        : response.writeHead(401).end(),
    )
    scene.world.tokens.set('s', 'later')
    scene.world.renewed = async () => 'new'
    expect(await scene.answer()).toMatchObject({ id: 'x', result: { content: [] } })
    expect(scene.rounds()).toEqual([false, true, true])
    expect(scene.remote.of('tools/call').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer the-access-token',
      'Bearer later',
      'Bearer new',
    ])
    expect(callsOf(scene.world).filter(([phase]) => phase === 'intent')).toHaveLength(3)
  })

  it.each([401, 403, 404, 500])(
    'never begins anew where a further round is answered with %d',
    async (status) => {
      await using scene = await waiting((_seen, response) => response.writeHead(status).end())
      scene.world.renewed = async () => 'new'
      expect(await scene.answer()).toMatchObject({
        id: 'x',
        error: { data: { code: 'server.refused' } },
      })
      expect(scene.rounds()).toEqual(status === 401 ? [false, true, true] : [false, true])
    },
  )

  it('never begins anew where the account has died while the person answered', async () => {
    await using scene = await waiting()
    scene.world.dead.add('s')
    expect(await scene.answer()).toMatchObject({
      id: 'x',
      error: { data: { code: 'grant.sign_in_needed' } },
    })
    expect(scene.world.bridge.parking.waiting()).toEqual([])
    expect(scene.rounds()).toEqual([false])
  })

  it('may not ask too much at once, and then nothing of it reaches a person', async () => {
    const question = { method: 'roots/list' }
    const inputRequests = Object.fromEntries(
      Array.from({ length: 33 }, (_, at) => [`q${at}`, question]),
    )
    const first = JSON.stringify({ resultType: 'input_required', inputRequests })
    await using scene = await opened(asking(first), { roots: {} })
    expect(await scene.line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.protocol' } },
    })
    expect(scene.world.house.rows().filter(({ method }) => method === 'roots/list')).toEqual([])
  })

  it.each([
    ['a URL', { elicitation: {} }, { mode: 'url', message: 'm', url: 'https://a.example' }],
    ['a form', { elicitation: { url: {} } }, { message: 'm', requestedSchema: {} }],
  ])('may not ask for %s where the client declared the other alone', async (_, able, params) => {
    const inputRequests = { q: { method: 'elicitation/create', params } }
    const first = JSON.stringify({ resultType: 'input_required', inputRequests })
    await using scene = await opened(asking(first), able)
    expect(await scene.line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.protocol' } },
    })
    const { rows } = scene.world.house
    expect(rows().filter(({ method }) => method === 'elicitation/create')).toEqual([])
  })

  it('may not ask for ever', async () => {
    const endless = '{"resultType":"input_required","requestState":"s"}'
    await using scene = await opened(modern((seen, response) => json(response, seen.id, endless)))
    expect(await scene.line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.protocol' } },
    })
    expect(scene.remote.of('tools/call')).toHaveLength(17)
  })

  it('never gets a state that the client brought along from elsewhere', async () => {
    await using scene = await opened(modern((seen, response) => json(response, seen.id, done)))
    expect(
      await scene.line.call('tools/call', { ...call, requestState: 'of another server' }),
    ).toMatchObject({ error: { data: { code: 'bridge.malformed' } } })
    expect(scene.remote.of('tools/call')).toEqual([])
  })
})

describe('the era of a server (MCP 2026-07-28, basic/versioning)', () => {
  const session =
    '{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s","version":"1"}}'

  it.each([
    [
      'lists both eras',
      (id: string) => ({ id, result: { supportedVersions: ['2026-07-28', '2025-11-25'] } }),
    ],
    ['answers anything', (id: string) => ({ id, result: {} })],
    ['knows no such method', (id: string) => ({ id, error: { code: -32601, message: 'no' } })],
    ['wants a session', (id: string) => ({ id, error: { code: -32000, message: 'no' } })],
  ])('is that of the client where the server %s, and asked once', async (_, says) => {
    await using scene = await opened((seen, response) => {
      if (seen.rpc === 'initialize') return json(response, seen.id, session)
      if (seen.rpc !== 'server/discover') return response.writeHead(202).end()
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', ...says(JSON.parse(seen.id)) }))
    })
    expect(scene.opened).toMatchObject({ result: { serverInfo: { name: 's' } } })
    const second = await scene.world.line('s')
    await second.call('initialize', opening)
    second.close()
    expect(scene.remote.of('server/discover')).toHaveLength(1)
    expect(scene.remote.of('initialize')).toHaveLength(2)
  })

  it('is asked again where the server refuses the revision and lists it', async () => {
    let refused = false
    const answer = modern((seen, response) => json(response, seen.id, done))
    await using scene = await opened((seen, response) => {
      if (refused) return answer(seen, response)
      refused = true
      fail(response, seen.id, 400, -32022, { supported: ['2026-07-28'] })
    })
    expect(scene.opened).toMatchObject({ result: { serverInfo: { name: 'modern' } } })
  })

  it('is an error where neither is spoken', async () => {
    await using scene = await opened((seen, response) =>
      fail(response, seen.id, 400, -32022, { supported: ['2031-01-01'] }),
    )
    expect(scene.opened).toMatchObject({ error: { data: { code: 'bridge.era_unsupported' } } })
  })

  it.each([
    ['an error that only new servers have', 400, -32020],
    ['its ignorance of sessions', 404, -32601],
  ])('is known where server/discover is unknown, by %s', async (_, status, code) => {
    await using scene = await opened((seen, response) => {
      if (seen.rpc === 'tools/call') return json(response, seen.id, done)
      return seen.rpc === 'initialize'
        ? fail(response, seen.id, status, code)
        : fail(response, seen.id, 404, -32601)
    })
    expect(scene.opened).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
    expect(await scene.line.call('tools/call', call)).toMatchObject({ result: {} })
    expect(scene.remote.of('initialize')).toHaveLength(1)
  })

  it('is that of sessions where initialize is refused for another reason', async () => {
    await using scene = await opened((seen, response) => fail(response, seen.id, 400, -32000))
    expect(scene.opened).toMatchObject({ error: { data: { code: 'server.refused' } } })
  })

  it('is still heard where the server has needed longer to wake', async () => {
    let wake = () => {}
    await using scene = await opened((seen, response) => {
      if (seen.rpc === 'server/discover') {
        wake = () => json(response, seen.id, DISCOVERED)
        return
      }
      fail(response, seen.id, 400, -32000)
      wake()
    })
    expect(scene.opened).toMatchObject({ result: { serverInfo: { name: 'modern' } } })
    expect(scene.remote.of('server/discover')).toHaveLength(1)
  })

  it('is known without server/discover, by an error that only new servers have', async () => {
    await using scene = await opened((seen, response) =>
      seen.rpc === 'tools/call'
        ? json(response, seen.id, done)
        : fail(response, seen.id, 400, -32020),
    )
    expect(scene.opened).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
    expect(await scene.line.call('tools/call', call)).toMatchObject({ result: {} })
  })
})
