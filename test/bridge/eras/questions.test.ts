import { describe, expect, it } from 'vitest'
import { type Message, metaOf, PREFIX, post, textOf, type Wish } from '../support/alone.ts'
import { sessionServer } from '../support/session-server.ts'
import { type Line, startWorld, type World } from '../support/world.ts'

/** Asks what its argument says and answers with what it was told. */
const ASKS = `(message, { send, answer, seen }) => {
  globalThis.calls ??= new Map()
  if (message.method === 'tools/call') {
    if (message.params.name === 'told') return answer({ told: seen.filter((one) => one.method === undefined || one.method === 'notifications/cancelled') })
    const asks = message.params.arguments.asks
    calls.set(message.id, { open: asks.length, got: {} })
    for (const [index, ask] of asks.entries()) send({ id: message.id + ':' + index, ...ask })
  } else if (message.method === undefined) {
    const [id, index] = message.id.split(':')
    const call = calls.get(Number(id))
    call.got[index] = message.result ?? message.error.code
    if (--call.open === 0) send({ id: Number(id), result: { content: [], got: call.got } })
  }
}`

const form = {
  method: 'elicitation/create',
  params: { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
}
const url = {
  method: 'elicitation/create',
  params: { mode: 'url', message: 'There', url: 'https://a.example', elicitationId: 'e' },
}
const sampling = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 5 } }
const roots = { method: 'roots/list' }
const all = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }

async function scene() {
  const world = await startWorld({ s: sessionServer(ASKS) })
  return { world, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const asking = (...asks: object[]) => ({ name: 'asks', arguments: { asks } })
const resultOf = ({ answer }: { answer: Message }) =>
  answer.result as {
    resultType: string
    inputRequests: Record<string, unknown>
    requestState: string
    got: Record<string, unknown>
  }
const wish: Wish = { capabilities: all }

const ask = async (world: World, params: object, more: object = {}, own: Wish = {}) =>
  resultOf(await post(world, 'tools/call', { ...params, ...more }, { ...wish, ...own }))

describe('a question of a server with sessions', () => {
  it('is the answer to a client without, and its answer comes with the next request', async () => {
    await using one = await scene()
    const params = asking(form)
    const first = await ask(one.world, params)
    expect(first).toMatchObject({ resultType: 'input_required', inputRequests: { 1: form } })
    const inputResponses = { 1: { action: 'accept', content: { name: 'é', big: 1 } }, 9: {} }
    const last = await ask(one.world, params, { inputResponses, requestState: first.requestState })
    expect(last).toMatchObject({ resultType: 'complete', got: { 0: inputResponses[1] } })
  })

  it('may be any of the three, a URL without its id', async () => {
    await using one = await scene()
    const params = asking(url, sampling, roots)
    const { elicitationId: _, ...plain } = url.params
    const answers = { action: 'accept' }
    let result = await ask(one.world, params)
    const seen: unknown[] = []
    while (result.resultType === 'input_required') {
      seen.push(...Object.values(result.inputRequests))
      const inputResponses = Object.fromEntries(
        Object.keys(result.inputRequests).map((key) => [key, answers]),
      )
      const { requestState } = result
      result = await ask(one.world, params, { inputResponses, requestState })
    }
    expect(seen).toEqual([{ ...url, params: plain }, sampling, roots])
    expect(result.got).toEqual({ 0: answers, 1: answers, 2: answers })
  })

  it('does not wait for the client that was asked before and has not come back', async () => {
    await using one = await scene()
    await ask(one.world, asking(sampling))
    const { inputRequests } = await ask(one.world, asking(form))
    expect(inputRequests).toEqual({ 1: form })
  })

  it('is asked once more where the client does not answer it', async () => {
    await using one = await scene()
    const params = asking(form)
    const first = await ask(one.world, params)
    const { requestState } = first
    const second = await ask(one.world, params, { inputResponses: {}, requestState })
    expect(second).toMatchObject({ resultType: 'input_required', inputRequests: { 1: form } })
    expect(second.requestState).not.toBe(requestState)
  })

  it('is recorded, and each request of the client is a call of its own', async () => {
    await using one = await scene()
    const params = asking(form)
    const { requestState } = await ask(one.world, params)
    await ask(one.world, params, { inputResponses: { 1: { action: 'decline' } }, requestState })
    const rows = one.world.house.rows()
    const outcome = (call: string) =>
      rows.find((row) => row.call === call && row.phase === 'outcome')
    expect(
      rows
        .filter(({ phase }) => phase === 'intent')
        .map(({ method, call }) => [method, outcome(call)?.outcome, outcome(call)?.code]),
    ).toEqual([
      ['tools/call', 'ok', 'input-required'],
      ['elicitation/create', 'ok', null],
      ['tools/call', 'ok', null],
    ])
  })

  it('is not answered where a rule says no meanwhile', async () => {
    await using one = await scene()
    const params = asking(form)
    const { requestState } = await ask(one.world, params)
    const { rules } = one.world.house
    one.world.house.rules = [{ effect: 'deny', client: '*', server: '*', tool: 'asks' }, ...rules]
    const more = { inputResponses: { 1: { action: 'accept' } }, requestState }
    const refused = await post(one.world, 'tools/call', { ...params, ...more }, wish)
    expect(refused.answer.error?.data).toMatchObject({ code: 'policy.denied' })
    one.world.house.rules = rules
    // Nothing reached the server: the same state is still good.
    expect(await ask(one.world, params, more)).toMatchObject({ resultType: 'complete' })
  })

  it.each([
    ['nothing', {}, form, -32601],
    ['forms only', { elicitation: {} }, url, -32602],
    ['URLs only', { elicitation: { url: {} } }, form, -32602],
    ['no sampling', { elicitation: {} }, sampling, -32601],
    [
      'no tools in sampling',
      { sampling: {} },
      { ...sampling, params: { ...sampling.params, tools: [] } },
      -32602,
    ],
    ['no roots', { sampling: {} }, roots, -32601],
    ['everything there is', all, { method: 'vendor/ask' }, -32601],
  ])(
    'is refused to the server where the client said that it can do %s',
    async (_what, capabilities, question, code) => {
      await using one = await scene()
      const result = await ask(one.world, asking(question), {}, { capabilities })
      expect(result).toMatchObject({ resultType: 'complete', got: { 0: code } })
    },
  )

  it.each([
    [{}, form, { elicitation: { form: {} } }],
    [{ elicitation: {} }, url, { elicitation: { url: {} } }],
    [{}, sampling, { sampling: {} }],
    [{}, roots, { roots: {} }],
  ])(
    'names what %j would have to declare for a call that fails without it',
    async (capabilities, question, requiredCapabilities) => {
      const fails = `(message, { send }) => {
      if (message.method === 'tools/call') globalThis.call = message.id, send({ id: 'q', ...${JSON.stringify(question)} })
      else if (message.id === 'q') send({ id: call, error: { code: message.error.code, message: 'no' } })
    }`
      await using world = await startWorld({ s: sessionServer(fails) })
      const { status, answer } = await post(world, 'tools/call', { name: 'x' }, { capabilities })
      expect({ status, code: answer.error?.code }).toEqual({ status: 400, code: -32021 })
      expect(answer.error?.data).toEqual({ requiredCapabilities })
    },
  )

  it.each([
    ['another tool', { name: 'other' }, {}],
    ['other arguments', { arguments: { asks: [] } }, {}],
    ['another bearer', {}, { bearer: 'two' }],
    ['other abilities', {}, { capabilities: { ...all, x: {} } }],
    ['a state that is none', { requestState: 'x' }, {}],
  ])('is not answered with %s', async (_what, other, own) => {
    await using one = await scene()
    const params = asking(form)
    const { requestState } = await ask(one.world, params)
    const more = { inputResponses: { 1: { action: 'accept' } }, requestState }
    const bearer = 'bearer' in own ? one.world.bearers.two : one.world.bearers.one
    const tried = await post(
      one.world,
      'tools/call',
      { ...params, ...more, ...other },
      { ...wish, ...own, bearer },
    )
    expect(tried.answer.error?.code).toBe(-32602)
    const told = await ask(one.world, { name: 'told' })
    expect(told).toMatchObject({ told: [] })
  })

  it('is asked again where the client brings answers and no state, and those reach nobody', async () => {
    await using one = await scene()
    const params = asking(form)
    await ask(one.world, params)
    const inputResponses = { 1: { action: 'accept' }, 2: { action: 'accept' } }
    const again = await ask(one.world, params, { inputResponses })
    expect(again).toMatchObject({ resultType: 'input_required', inputRequests: { 1: form } })
    const told = await ask(one.world, { name: 'told' })
    expect(told).toMatchObject({ told: [] })
    const { requestState } = again
    const last = await ask(one.world, params, {
      inputResponses: { 1: { action: 'decline' } },
      requestState,
    })
    expect(last).toMatchObject({ resultType: 'complete', got: { 0: { action: 'decline' } } })
  })

  it('is answered once', async () => {
    await using one = await scene()
    const params = asking(form, form)
    const { requestState } = await ask(one.world, params)
    const more = { inputResponses: { 1: { action: 'accept' } }, requestState }
    await ask(one.world, params, more)
    const again = await post(one.world, 'tools/call', { ...params, ...more }, wish)
    expect(again.answer.error?.code).toBe(-32602)
  })

  it('shows no secret of the vault', async () => {
    await using one = await scene()
    one.world.house.knownSecrets.add('a secret', 'the-secret-of-somebody')
    const asks = asking({ ...form, params: { ...form.params, message: 'the-secret-of-somebody' } })
    const { inputRequests } = await ask(one.world, asks)
    expect(JSON.stringify(inputRequests)).not.toContain('the-secret-of-somebody')
  })

  it('may be answered on another socket of the same client', async () => {
    await using one = await scene()
    const lines = [await one.world.line('s'), await one.world.line('s')] as const
    const params = asking(form)
    const meta = metaOf(all)
    lines[0].send(textOf('tools/call', params, { id: 'a', meta }))
    const { result } = await nextOf(lines[0])
    lines[0].close()
    const more = { inputResponses: { 1: { action: 'accept' } }, requestState: result?.requestState }
    lines[1].send(textOf('tools/call', { ...params, ...more }, { id: 'a', meta }))
    expect((await nextOf(lines[1])).result).toMatchObject({ got: { 0: { action: 'accept' } } })
    lines[1].close()
  })

  /** Its first call asks at once; what another tells it to say it says of that one. */
  const says = `(message, { send, answer, seen }) => {
    const first = seen.find(({ method }) => method === 'tools/call')
    const end = () => send({ id: first.id, result: {} })
    if (message.method === 'tools/call' && message === first) send({ id: 'q', ...${JSON.stringify(roots)} })
    else if (message.method === 'tools/call') {
      for (const { method, params } of message.params.arguments.words)
        send({ method, params: method === 'notifications/message' ? params : { progressToken: first.params._meta.progressToken, ...params } })
      if (message.params.arguments.end) end()
      answer({})
    } else if (message.id === 'q' && !seen.some(({ params }) => params?.arguments?.end)) end()
    else if (message.method === 'logging/setLevel') answer({})
  }`
  const progress = (done: number, message = '') => ({
    method: 'notifications/progress',
    params: { progress: done, message },
  })
  const logged = (level: string) => ({
    method: 'notifications/message',
    params: { level, data: level },
  })
  const LEVEL = `${PREFIX}logLevel`

  /** A call at that server, which its client makes in several requests. */
  async function conversation(world: World) {
    const line = await world.line('s')
    let state: unknown
    let counter = 0

    /** @returns what the request hears before its answer */
    async function request(meta: object, more: object): Promise<unknown[]> {
      const id = `request ${++counter}`
      const kept = state === undefined ? {} : { requestState: state }
      const params = { name: 'x', ...more, ...kept }
      line.send(textOf('tools/call', params, { id, meta: metaOf(all, meta) }))
      const heard: unknown[] = []
      for (;;) {
        const { id: of, params, result } = await nextOf(line)
        if (of !== id) heard.push(params)
        else {
          state = result?.requestState
          return heard
        }
      }
    }

    return {
      begins: (meta: object = { progressToken: 'first', [LEVEL]: 'info' }) => request(meta, {}),
      /** Without answers: the server's question stays. */
      goesOn: (meta: object) => request(meta, { inputResponses: {} }),
      ends: (meta: object) => request(meta, { inputResponses: { 1: { roots: [] } } }),
      async says(words: object[], end = false) {
        const id = `say ${++counter}`
        const params = { name: 'say', arguments: { words, end } }
        line.send(textOf('tools/call', params, { id, meta: metaOf(all) }))
        expect((await nextOf(line)).id).toBe(id)
      },
      [Symbol.dispose]: () => line.close(),
    }
  }
  const outspoken = () => startWorld({ s: sessionServer(says, { tools: {}, logging: {} }) })
  const second = { progressToken: 'second', [LEVEL]: 'info' }

  it.each([
    ['has not ended', false],
    ['has ended', true],
  ])('keeps what is said of its call for the next request, where the call %s', async (_, end) => {
    await using world = await outspoken()
    using call = await conversation(world)
    await call.begins()
    await call.says([progress(1), logged('error'), logged('debug'), progress(2)], end)
    expect(await call.ends(second)).toEqual([
      { progressToken: 'second', progress: 1, message: '' },
      { level: 'error', data: 'error' },
      { progressToken: 'second', progress: 2, message: '' },
    ])
  })

  it('tells it once, to the request that came next', async () => {
    await using world = await outspoken()
    using call = await conversation(world)
    await call.begins()
    await call.says([progress(1)])
    expect(await call.goesOn(second)).toEqual([
      { progressToken: 'second', progress: 1, message: '' },
    ])
    await call.says([progress(2)])
    expect(await call.ends({ progressToken: 'third' })).toEqual([
      { progressToken: 'third', progress: 2, message: '' },
    ])
  })

  it.each([
    ['the request before', {}, second],
    ['the request after', second, { progressToken: null }],
  ])('tells nothing of it where %s wanted none', async (_, first, last) => {
    await using world = await outspoken()
    using call = await conversation(world)
    await call.begins()
    await call.goesOn(first)
    await call.says([progress(1), logged('error')])
    expect(await call.ends(last)).toEqual([])
  })

  const long = (done: number) => progress(done, 'x'.repeat(1_000))
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
  it.each([
    ['messages', upTo(40).map((done) => progress(done)), upTo(40).slice(-32)],
    ['characters', upTo(20).map(long), upTo(20).slice(-7)],
    ['messages of the log', [progress(0), ...upTo(40).map(() => logged('error'))], [0]],
    ['characters in one', [progress(0), progress(1, 'x'.repeat(8 * 1024)), progress(2)], [0, 2]],
  ])('keeps the last of too many %s, and progress rather than the log', async (_, words, kept) => {
    await using world = await outspoken()
    using call = await conversation(world)
    await call.begins()
    await call.says(words)
    const heard = (await call.ends(second)) as { progress?: number }[]
    expect(heard.flatMap(({ progress }) => progress ?? [])).toEqual(kept)
    expect(heard.length).toBeLessThanOrEqual(32)
  })

  it('tells what was said of its call at the token door as well', async () => {
    await using world = await outspoken()
    const wished = { meta: metaOf(all, { progressToken: 'first' }) }
    const first = await ask(world, { name: 'x' }, {}, wished)
    await ask(world, { name: 'say', arguments: { words: [progress(1)] } })
    const more = { inputResponses: { 1: { roots: [] } }, requestState: first.requestState }
    const { messages } = await post(world, 'tools/call', { name: 'x', ...more }, wished)
    expect(messages.map(({ params, result }) => params ?? result)).toMatchObject([
      { progressToken: 'first', progress: 1 },
      { resultType: 'complete' },
    ])
  })

  it('is given up with the request that waits for what comes of its answer', async () => {
    const slow = `(message, { send, answer, seen }) => {
      if (message.method === 'tools/call' && message.params.name === 'told') return answer({ told: seen.filter(({ method }) => method === 'notifications/cancelled') })
      if (message.method === 'tools/call') send({ id: 'q', ...${JSON.stringify(roots)} })
      if (message.id === 'q') send({ method: 'notifications/progress', params: { progressToken: 'warder-progress-' + seen.find(({ method }) => method === 'tools/call').id, progress: 1 } })
    }`
    await using world = await startWorld({ s: sessionServer(slow) })
    const line = await world.line('s')
    const meta = metaOf(all, { progressToken: 1 })
    const call = { name: 'x' }
    line.send(textOf('tools/call', call, { id: 'a', meta }))
    const { result } = await nextOf(line)
    const more = { inputResponses: { 1: { roots: [] } }, requestState: result?.requestState }
    line.send(textOf('tools/call', { ...call, ...more }, { id: 'b', meta }))
    expect((await nextOf(line)).method).toBe('notifications/progress')
    line.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"b"}}')
    line.send(textOf('tools/call', { name: 'told' }, { id: 'c', meta }))
    expect((await nextOf(line)).result?.told).toHaveLength(1)
    line.close()
  })
})

const nextOf = async (line: Line) => JSON.parse((await line.next()) ?? '') as Message

it('sends a client to a URL that the server wants visited before the call, and makes the call then', async () => {
  await using world = await startWorld({
    s: sessionServer(`(message, { send, answer }) => {
      if (message.method !== 'tools/call') return
      globalThis.visited = (globalThis.visited ?? 0) + 1
      if (visited === 1) send({ id: message.id, error: { code: -32042, message: 'x', data: { elicitations: [${JSON.stringify(url.params)}] } } })
      else answer({ content: [] })
    }`),
  })
  const params = { name: 'x' }
  const first = await ask(world, params)
  expect(first).toMatchObject({
    resultType: 'input_required',
    inputRequests: { 1: { method: 'elicitation/create' } },
  })
  const { requestState } = first
  const inputResponses = { 1: { action: 'accept' } }
  expect(await ask(world, params, { requestState, inputResponses })).toMatchObject({
    resultType: 'complete',
  })
})
