import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { runNpm } from '../../main/runtime/npm.ts'
import { processGroup } from '../../main/runtime/process-group.ts'

/** As npm does while it fetches: deaf to SIGTERM, with a script that it runs. Each holds a connection while it lives. */
const BUSY = `
process.on('SIGTERM', () => {})
const [port, more] = process.argv.slice(1)
require('node:net').connect(Number(port), '127.0.0.1')
if (more) require('node:child_process').spawn(process.execPath, ['-e', more, '--', port], { stdio: 'inherit' })`

it('ends with all that it runs when it is given up', async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const port = String((server.address() as AddressInfo).port)
  const controller = new AbortController()
  const npm = { command: [process.execPath, '-e', BUSY, '--'] as const, environment: {} }
  const watched = new Set<number>()
  const watch = {
    add: (group: number) => void watched.add(group),
    remove: (group: number) => void watched.delete(group),
  }
  const running = runNpm(npm, [port, BUSY], '/', 2 ** 30, controller.signal, watch)
  const refused = expect(running).rejects.toMatchObject({
    code: 'server.start_failed',
    message: 'somebody gave it up',
  })
  const [leader] = (await once(server, 'connection')) as [net.Socket]
  const [script] = (await once(server, 'connection')) as [net.Socket]
  expect([...watched].map((group) => processGroup(group).alive())).toEqual([true])
  const ended = [leader, script].map((socket) => once(socket.resume(), 'close'))
  controller.abort()
  await refused
  await Promise.all(ended)
  expect(watched.size).toBe(0)
  await expect(runNpm(npm, [], '/', 2 ** 30, controller.signal)).rejects.toThrow('gave it up')
})

it.each([
  ['setInterval(() => {}, 1e9)', 1, 'npm could not do it (no answer in time)'],
  [`console.log('{"code": "E404"}'); process.exit(1)`, 2 ** 30, 'npm could not do it (E404)'],
  ['process.exit(7)', 2 ** 30, 'npm could not do it (exit code 7)'],
])('says why it failed: %s', async (script, timeout, why) => {
  const npm = { command: [process.execPath, '-e', script] as const, environment: {} }
  const running = runNpm(npm, [], '/', timeout, new AbortController().signal)
  await expect(running).rejects.toMatchObject({ code: 'server.start_failed', message: why })
})

it('that is not there says so', async () => {
  const npm = { command: ['/no/such/npm'] as const, environment: {} }
  const running = runNpm(npm, [], '/', 2 ** 30, new AbortController().signal)
  await expect(running).rejects.toThrow('npm could not do it (ENOENT)')
})
