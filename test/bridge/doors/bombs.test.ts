import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, opened, type Remote, startRemote, usual } from '../support/remote.ts'
import { localServer, opening, remoteServer, startWorld, type World } from '../support/world.ts'

/** JSON that is small to write and dear to read, at each door and from each kind of server. */

const deep = 200_000
const wide = 1_000_001
const bombs: [string, 'refused' | 'passed', string][] = [
  ['depth of arrays', 'refused', '['.repeat(deep) + ']'.repeat(deep)],
  ['depth of objects', 'refused', `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`],
  ['more values than a message may have', 'refused', `[${'0,'.repeat(wide)}0]`],
  ['the same name twice', 'refused', '{"a":1,"a":2}'],
  ['the same name twice, once escaped', 'refused', '{"a":1,"\\u0061":2}'],
  ['a million escapes', 'passed', `"${'\\u0061'.repeat(1_000_000)}"`],
  ['a number of a million digits', 'passed', '9'.repeat(1_000_000)],
]

/** Says the result that it is called with. */
const obedient = `
import { createInterface } from 'node:readline'
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (id === undefined) return
  const bytes = params?.arguments?.bytes
  const result = method === 'initialize' ? ${JSON.stringify(opened)} : Buffer.from(bytes ?? 'e30=', 'base64')
  process.stdout.write('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + result + '}\\n')
})`

let bomb = ''
let remote: Remote
let world: World
beforeAll(async () => {
  remote = await startRemote(
    usual(({ id, body }, response) => json(response, id, body.includes('"bomb"') ? bomb : '{}')),
  )
  world = await startWorld({ far: remoteServer(remote.url), local: localServer(obedient) })
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await remote[Symbol.asyncDispose]()
})

const call = (args: string) =>
  `{"jsonrpc":"2.0","id":"bomb","method":"tools/call","params":{"name":"x","arguments":{"a":${args}}}}`

/** What became of it, in one word. */
const fate = (answer: unknown) => ('result' in (answer as object) ? 'passed' : 'refused')

describe.each(bombs)('%s', (_name, expected, text) => {
  it(`is ${expected} on a socket`, async () => {
    const line = await world.line('far')
    await line.open()
    const before = remote.of('tools/call').length
    line.send(call(text))
    expect(fate(JSON.parse((await line.next()) ?? ''))).toBe(expected)
    expect(remote.of('tools/call').length - before).toBe(expected === 'passed' ? 1 : 0)
    expect(await line.call('ping')).toHaveProperty('result')
    line.close()
  })

  it(`is ${expected} at the token door`, async () => {
    const post = (body: string, headers = {}) =>
      fetch(`${world.base}/mcp/far`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${world.bearers.one}`,
          'content-type': 'application/json',
          ...headers,
        },
        body,
      })
    const begun = await post(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: opening }),
    )
    await begun.text()
    const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' }
    const before = remote.of('tools/call').length
    const answer = await post(call(text), session)
    expect(answer.status).toBe(expected === 'passed' ? 200 : 400)
    expect(fate(await answer.json())).toBe(expected)
    expect(remote.of('tools/call').length - before).toBe(expected === 'passed' ? 1 : 0)
  })

  it(`is ${expected} of a local server`, async () => {
    const line = await world.line('local')
    await line.open()
    const bytes = Buffer.from(`{"content":[],"structuredContent":{"a":${text}}}`)
    const args = { bytes: bytes.toString('base64') }
    expect(fate(await line.call('tools/call', { name: 'x', arguments: args }))).toBe(expected)
    expect(await line.call('tools/call', { name: 'honest' })).toHaveProperty('result')
    line.close()
  })

  it(`is ${expected} of a remote server`, async () => {
    bomb = `{"content":[],"structuredContent":{"a":${text}}}`
    const line = await world.line('far')
    await line.open()
    expect(fate(await line.call('tools/call', { name: 'bomb' }))).toBe(expected)
    expect(await line.call('tools/call', { name: 'honest' })).toHaveProperty('result')
    line.close()
  })
})
