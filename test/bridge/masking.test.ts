import { describe, expect, it } from 'vitest'
import { json, startRemote, usual } from './support/remote.ts'
import { remoteServer, startWorld } from './support/world.ts'

const secret = 'canary-3f9d1c77ab'
const pin = '98765432101234'

async function startScene(answer: Parameters<typeof usual>[0]) {
  const remote = await startRemote(usual(answer))
  const world = await startWorld({ s: remoteServer(remote.url) })
  world.house.knownSecrets.add('secret:canary', secret)
  world.house.knownSecrets.add('secret:pin', pin)
  const line = await world.line('s')
  await line.open()
  return {
    world,
    line,
    remote,
    /** How many places were masked, by method. */
    masked: () =>
      Object.fromEntries(
        world.house.rows().flatMap((row) => (row.masked > 0 ? [[row.method, row.masked]] : [])),
      ),
    async [Symbol.asyncDispose]() {
      line.close()
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

const ask = '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"x"}}'
const form = (text: string) => Buffer.from(text).toString('base64')

describe('a secret of the vault', () => {
  it('is masked in a result, in every form, and counted', async () => {
    await using scene = await startScene(({ id }, response) =>
      json(
        response,
        id,
        `{"a":"${secret}","b":["x${secret}y"],"${secret}":1,"c":"${form(secret)}"}`,
      ),
    )
    scene.line.send(ask)
    const text = (await scene.line.next()) ?? ''
    expect(text).not.toContain(secret)
    expect(text).not.toContain(form(secret).slice(1, -3))
    expect(JSON.parse(text)).toMatchObject({ result: { a: '[masked by Warder: secret:canary]' } })
    expect(scene.masked()).toEqual({ 'tools/call': 4 })
  })

  it('is masked where it is written as a number, and the answer stays JSON', async () => {
    await using scene = await startScene(({ id }, response) =>
      json(response, id, `{"n":${pin},"deep":[-${pin}.5],"s":"${pin}","other":98765}`),
    )
    scene.line.send(ask)
    const text = (await scene.line.next()) ?? ''
    expect(text).not.toContain(pin)
    expect(JSON.parse(text)).toMatchObject({
      result: { n: '[masked by Warder: secret:pin]', other: 98765 },
    })
    expect(scene.masked()).toEqual({ 'tools/call': 3 })
  })

  it('that is spread over the structure is withheld with its answer', async () => {
    await using scene = await startScene(({ id }, response) =>
      json(response, id, '{"type":"service_account","key":"k"}'),
    )
    scene.world.house.knownSecrets.add('secret:file', '{"type":"service_account","key":"k"}')
    scene.line.send(ask)
    const text = (await scene.line.next()) ?? ''
    expect(text).not.toContain('service_account')
    expect(JSON.parse(text)).toMatchObject({ error: { data: { code: 'server.protocol' } } })
  })

  it('is masked in an error and in a list', async () => {
    await using scene = await startScene(({ id, rpc }, response) => {
      if (rpc === 'tools/list')
        return json(
          response,
          id,
          `{"tools":[{"name":"t","inputSchema":{},"description":"${secret}"}]}`,
        )
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"jsonrpc":"2.0","id":${id},"error":{"code":-1,"message":"bad ${secret}"}}`)
    })
    expect(await scene.line.call('tools/call', { name: 'x' })).toMatchObject({
      error: { code: -1, message: 'bad [masked by Warder: secret:canary]' },
    })
    expect(JSON.stringify(await scene.line.call('tools/list'))).not.toContain(secret)
    expect(scene.masked()).toEqual({ 'tools/call': 1, 'tools/list': 1 })
  })

  it('is masked in a notification and in a request of the server, and put on record', async () => {
    let finish = () => {}
    await using scene = await startScene(({ id, rpc }, response) => {
      if (rpc === 'server/discover') return response.writeHead(404).end()
      // The client's answer to what the server asked.
      if (rpc === null) {
        response.writeHead(202).end()
        return finish()
      }
      const note = `{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${secret}"}}`
      const request = `{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{"message":"${secret}"}}`
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${note}\n\ndata: ${request}\n\n`)
      finish = () => response.end(`data: {"jsonrpc":"2.0","id":${id},"result":{}}\n\n`)
    })
    scene.line.send(ask)
    const note = JSON.parse((await scene.line.next()) ?? '')
    const request = JSON.parse((await scene.line.next()) ?? '')
    expect(note.params.data).toBe('[masked by Warder: secret:canary]')
    expect(request.params.message).toBe('[masked by Warder: secret:canary]')
    scene.line.send(
      `{"jsonrpc":"2.0","id":${JSON.stringify(request.id)},"result":{"action":"decline"}}`,
    )
    expect(JSON.parse((await scene.line.next()) ?? '')).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      result: {},
    })
    const answers = scene.remote.seen.filter(({ body }) => body.includes('"decline"'))
    expect(answers.map(({ id }) => id)).toEqual(['77'])
    expect(scene.masked()).toEqual({ 'notifications/message': 1, 'elicitation/create': 1 })
  })
})
