import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { startStandIn, writeRunFile } from './stand-in.ts'
import { statusSample } from './views.ts'
import { document, warder } from './warder.ts'

const status = (home: string) => warder(['status', '--json', '--home', home])

describe('no companion is exit 69', () => {
  const unreachable = { error: { code: 'companion.unreachable', message: expect.any(String) } }

  it('where the home holds no run.json', async () => {
    await using home = await testHome()
    const failed = await status(home.path)
    expect(failed.code).toBe(69)
    expect(document(failed)).toEqual(unreachable)
  })

  it('where run.json is not one', async () => {
    await using home = await testHome()
    for (const text of ['', '{"version":2,"control":"/x"}', '{"version":1}']) {
      await writeFile(path.join(home.path, 'run.json'), text)
      const failed = await status(home.path)
      expect(failed.code).toBe(69)
      expect(document(failed)).toEqual(unreachable)
    }
  })

  it('where the socket is gone', async () => {
    await using home = await testHome()
    await writeRunFile(home.path, path.join(home.path, 'gone.sock'))
    expect((await status(home.path)).code).toBe(69)
  })

  it('where the socket was left behind by one that was killed', async () => {
    await using home = await testHome()
    const socket = path.join(home.path, 'stale.sock')
    const listen = `require('node:net').createServer().listen('${socket}', () => process.kill(process.pid, 'SIGKILL'))`
    await once(spawn(process.execPath, ['-e', listen]), 'exit')
    await writeRunFile(home.path, socket)
    const failed = await status(home.path)
    expect(failed.code).toBe(69)
    expect(document(failed)).toEqual(unreachable)
  })

  it('where it ends instead of answering', async () => {
    await using companion = await startStandIn({
      'status:get': () => {
        companion.end()
        return statusSample
      },
    })
    const failed = await status(companion.home)
    expect(failed.code).toBe(69)
    expect(document(failed)).toEqual(unreachable)
  })
})

it('an answer outside the contract is not shown', async () => {
  await using home = await testHome()
  const socket = path.join(home.path, 'other.sock')
  let body = ''
  let code = 200
  const server = createServer((_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json' })
    response.end(body)
  })
  server.listen(socket)
  await once(server, 'listening')
  await writeRunFile(home.path, socket)
  try {
    for ([code, body] of [
      [200, 'not json'],
      [200, '{"version":1}'],
      [500, '<html>'],
      [422, '{"message":"no code"}'],
    ] as const) {
      const failed = await status(home.path)
      expect(failed.code).toBe(1)
      expect(document(failed)).toMatchObject({ error: { code: 'companion.not_understood' } })
    }
  } finally {
    server.close()
  }
})

// Only root can make a file that belongs to somebody else.
it.runIf(process.getuid?.() === 0)('a socket of another user gets no request', async () => {
  await using companion = await startStandIn({ 'status:get': () => statusSample })
  expect((await status(companion.home)).code).toBe(0)
  await chown(path.join(companion.home, 'control.sock'), 65_534, 65_534)
  const failed = await status(companion.home)
  expect(failed.code).toBe(1)
  expect(document(failed)).toMatchObject({ error: { code: 'companion.foreign' } })
  expect(companion.calls).toHaveLength(1)
})
