import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { limits } from '../../main/bridge/limits.ts'
import { testHome } from '../harness/home.ts'
import { begin, metaOf, PREFIX, textOf } from './support/alone.ts'
import { localServer, startWorld, type World } from './support/world.ts'

const NOTES = 1_600
const note = 64 * 1024
/** So many turns of another client without a word are a stop. */
const STILL = 300

/** Says more than may wait for any client, and makes a file longer by a byte with each note that it got rid of. */
const talkative = (file: string) => `
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
const put = async (message) => {
  if (!process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')) await once(process.stdout, 'drain')
}
const capabilities = { tools: {}, logging: {}, resources: { subscribe: true } }
const opened = { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 's', version: '1' } }
const said = {
  talk: (data) => ({ method: 'notifications/message', params: { level: 'info', data } }),
  update: (data) => ({ method: 'notifications/resources/updated', params: { uri: 'x:a', data } }),
}
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize') return put({ id, result: opened })
  const say = said[params?.name]
  if (say === undefined) return id === undefined || put({ id, result: { content: [] } })
  for (let at = 0; at < ${NOTES}; at++) {
    await put(say(at + 'x'.repeat(${note})))
    appendFileSync(${JSON.stringify(file)}, '.')
  }
  await put({ id, result: { content: [] } })
})`

/** A client that has asked for more than may wait for it, and reads when it is asked to. */
interface Slow {
  next(): Promise<string | null>
  close(): void
}

const meta = metaOf({}, { [`${PREFIX}logLevel`]: 'info' })

async function withSession(world: World): Promise<Slow> {
  const line = await world.line('s')
  await line.open()
  line.send('{"jsonrpc":"2.0","id":"t","method":"tools/call","params":{"name":"talk"}}')
  return line
}

async function aloneOnSocket(world: World): Promise<Slow> {
  const line = await world.line('s')
  line.send(textOf('tools/call', { name: 'talk' }, { id: 't', meta }))
  return line
}

async function listening(world: World): Promise<Slow> {
  const line = await world.line('s')
  const notifications = { resourceSubscriptions: ['x:a'] }
  line.send(textOf('subscriptions/listen', { notifications }, { id: 'l' }))
  expect(await line.next()).toContain('notifications/subscriptions/acknowledged')
  line.send(textOf('tools/call', { name: 'update' }, { id: 't' }))
  return line
}

async function aloneOverHttp(world: World): Promise<Slow> {
  const response = await begin(world, 'tools/call', { name: 'talk' }, { id: 't', meta })
  const lines = dataOf(response)
  return {
    next: async () => (await lines.next()).value ?? null,
    close: () => void lines.return(undefined),
  }
}

async function* dataOf(response: Response): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    yield* parts.filter((part) => part.startsWith('data: ')).map((part) => part.slice(6))
  }
  return undefined
}

it.each([
  ['a client with a session', withSession],
  ['a request that stands alone on a socket', aloneOnSocket],
  ['a request that stands alone over HTTP', aloneOverHttp],
  ['a client that listens to a resource', listening],
])(
  'a server waits for %s that does not read, another client does not, and nothing is lost',
  async (_who, open) => {
    await using home = await testHome()
    const file = path.join(home.path, 'said')
    await writeFile(file, '')
    await using world = await startWorld({ s: localServer(talkative(file)) })
    expect(NOTES * note).toBeGreaterThan(limits.outgoingBytes)
    const other = await world.line('s', 'two')
    await other.open()
    const slow = await open(world)
    // Nobody reads it; another client has all the turns that it wants, until the server has long said nothing more.
    let [count, still] = [0, 0]
    while (count === 0 || still < STILL) {
      expect(await other.call('tools/call', { name: 'x' })).toMatchObject({ result: {} })
      const { size } = statSync(file)
      still = size === count ? still + 1 : 0
      count = size
    }
    expect(count).toBeLessThan(NOTES)
    let heard = 0
    for (let line = await slow.next(); line !== null; line = await slow.next()) {
      const message = JSON.parse(line)
      if (message.id === 't') break
      expect(message.params.data.startsWith(`${heard}x`)).toBe(true)
      heard++
    }
    expect(heard).toBe(NOTES)
    slow.close()
    other.close()
  },
)
