import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { limits } from '../../main/bridge/limits.ts'
import { testHome } from '../harness/home.ts'
import { localServer, startWorld } from './support/world.ts'

const NOTES = 1_600
const note = 64 * 1024

/** Says more than may wait for any client, and puts down a file when all of it is gone. */
const talkative = (file: string) => `
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
const put = async (message) => {
  if (!process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')) await once(process.stdout, 'drain')
}
const opened = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } }
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line)
  if (method === 'initialize') return put({ id, result: opened })
  if (params?.name !== 'talk') return id === undefined || put({ id, result: { content: [] } })
  for (let at = 0; at < ${NOTES}; at++)
    await put({ method: 'notifications/message', params: { level: 'info', data: at + 'x'.repeat(${note}) } })
  writeFileSync(${JSON.stringify(file)}, '')
  await put({ id, result: { content: [] } })
})`

it('a server waits for a client that does not read, another client does not, and nothing is lost', async () => {
  await using home = await testHome()
  const file = path.join(home.path, 'said')
  await using world = await startWorld({ s: localServer(talkative(file)) })
  expect(NOTES * note).toBeGreaterThan(limits.outgoingBytes)
  const [slow, other] = [await world.line('s'), await world.line('s')]
  await Promise.all([slow.open(), other.open()])
  slow.send('{"jsonrpc":"2.0","id":"t","method":"tools/call","params":{"name":"talk"}}')
  // Nobody reads it; another client has all the turns that it wants.
  for (let turn = 0; turn < 200; turn++)
    expect(await other.call('tools/call', { name: 'x' })).toMatchObject({ result: {} })
  expect(existsSync(file)).toBe(false)
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
})
