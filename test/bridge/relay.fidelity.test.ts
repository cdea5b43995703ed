import { describe, expect, it } from 'vitest'
import { onOneLine, readMessage } from '../../main/bridge/envelope.ts'
import { randomJson, seededRandom } from './random-json.ts'
import { json, opened, startRemote, usual } from './support/remote.ts'
import { type Line, localServer, remoteServer, startWorld } from './support/world.ts'

/** Answers every request with its own params, byte for byte. */
const echo = `
import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: process.stdin })) {
  const id = /"id"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"|-?\\d+)/.exec(line)?.[1]
  if (id === undefined) continue
  const result = line.includes('"initialize"') ? ${JSON.stringify(opened)} : line.includes('server/discover') ? '{}' : line.slice(line.indexOf('{"PARAMS"'), line.lastIndexOf('}'))
  process.stdout.write('{"jsonrpc":"2.0","id":' + id + ',"result":' + result + '}\\n')
}`

const fixed = [
  '{"name":"t","arguments":{"n":123456789012345678901234567890,"m":-0,"e":1e400,"f":0.10000000000000000000001}}',
  '{"arguments":{"z":1,"a":2,"__proto__":{"x":1},"":0},"name":"t","_meta":{"unknown":{"deep":[{}]}}}',
  '{"name":"t","arguments":{"s":"\\u20ac\\ud83d\\ude00 €😀 \\/ \\u0000 \\u2028"},"surprise":true}',
]

/** The params with a first member that the echo finds them by. */
const marked = (params: string) => `{"PARAMS":0,${params.slice(1)}`

async function echoed(line: Line, params: string): Promise<void> {
  const sent = onOneLine(marked(params))
  line.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${sent}}`)
  const answer = readMessage((await line.next()) ?? '')
  if (answer.kind !== 'response') throw new Error('no answer')
  expect(answer.result?.raw ?? answer.error?.raw).toBe(sent)
}

const random = seededRandom(7)
const randomParams = Array.from(
  { length: 200 },
  () => `{"name":"t","arguments":{"a":${randomJson(random)}},"_meta":{"b":${randomJson(random)}}}`,
)

describe('what a call and its answer say', () => {
  it('crosses a local server byte for byte', async () => {
    await using world = await startWorld({ echo: localServer(echo) })
    const line = await world.line('echo')
    await line.open()
    for (const params of [...fixed, ...randomParams]) await echoed(line, params)
    line.close()
  })

  it('keeps its characters, and half of one becomes the sign for none', async () => {
    await using world = await startWorld({ echo: localServer(echo) })
    const line = await world.line('echo')
    await line.open()
    const sent = String.raw`{"PARAMS":0,"name":"t","arguments":{"a":"\ud800x\udc00","b":"\\ud800","c":"\uD83D\uDE00"}}`
    line.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${sent}}`)
    expect(await line.next()).toContain(
      String.raw`"arguments":{"a":"\ufffdx\ufffd","b":"\\ud800","c":"\uD83D\uDE00"}`,
    )
    line.close()
  })

  it.each(['json', 'events'])('crosses a remote server byte for byte, as %s', async (form) => {
    await using remote = await startRemote(
      usual(({ body, id }, response) => {
        const params = body.slice(body.indexOf('{"PARAMS"'), body.lastIndexOf('}'))
        if (form === 'json') return json(response, id, params)
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(`data: {"jsonrpc":"2.0","id":${id},"result":${onOneLine(params)}}\n\n`)
      }),
    )
    await using world = await startWorld({ echo: remoteServer(remote.url) })
    const line = await world.line('echo')
    await line.open()
    for (const params of [...fixed, ...randomParams.slice(0, 50)]) await echoed(line, params)
    line.close()
  })

  it('comes back under the id as it was written', async () => {
    await using remote = await startRemote(usual(({ id }, response) => json(response, id, '{}')))
    await using world = await startWorld({ echo: remoteServer(remote.url) })
    const line = await world.line('echo')
    await line.open()
    const ids = ['0', '-0', '-7', '9007199254740993', '123456789012345678901234567890']
    for (const id of [...ids, '""', '"a"', '"\\u0061"', '"€\\n\\""', '"1"', '"\\ud800"']) {
      line.send(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)
      const answer = (await line.next()) ?? ''
      // A lone surrogate cannot be told from another one by every reader, so it is refused.
      const right = id === '"\\ud800"' ? 'null' : id
      expect(answer).toContain(`{"jsonrpc":"2.0","id":${right},`)
    }
    line.close()
  })
})
