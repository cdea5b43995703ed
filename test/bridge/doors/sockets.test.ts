import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../main/bridge/limits.ts'
import { json, startRemote, usual } from '../support/remote.ts'
import { openLine, remoteServer, startWorld } from '../support/world.ts'

const call = (id: string, name = 'x') =>
  `{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":{"name":"${name}"}}`

async function startScene(answer = usual(({ id }, response) => json(response, id, '{}'))) {
  const remote = await startRemote(answer)
  const world = await startWorld({ s: remoteServer(remote.url) })
  return {
    remote,
    world,
    path: world.bridge.sockets().one ?? '',
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

describe('the socket of a client', () => {
  it.each(['one server', 'several'])(
    'has all there are where the greeting names none: %s',
    async (how) => {
      await using scene = await startScene(
        usual(({ id, rpc }, response) =>
          json(
            response,
            id,
            rpc === 'tools/list' ? '{"tools":[{"name":"x","inputSchema":{}}]}' : '{}',
          ),
        ),
      )
      const { s } = scene.world.servers
      if (how === 'several' && s) scene.world.servers = { s, t: s }
      const line = await scene.world.line(undefined)
      line.send('{"warder":1}')
      await line.open()
      const tools = how === 'several' ? [{ name: 's__x' }, { name: 't__x' }] : [{ name: 's__x' }]
      expect(await line.call('tools/list')).toMatchObject({ result: { tools } })
      line.close()
    },
  )

  it.each(['hello', '{"warder":2}', '{"warder":1,"server":"../x"}', '{"jsonrpc":"2.0","id":1}'])(
    'says why it does not understand the greeting %s, and closes',
    async (greeting) => {
      await using scene = await startScene()
      const line = await scene.world.line(undefined)
      line.send(greeting)
      expect(await line.next()).toContain('"code":"bridge.malformed"')
      expect(await line.next()).toBeNull()
      line.close()
    },
  )

  it('answers what it cannot read, and goes on', async () => {
    await using scene = await startScene()
    const line = await scene.world.line('s')
    await line.open()
    line.send('garbage')
    expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
      id: null,
      error: { code: -32700 },
    })
    line.socket.write(Buffer.from([0x22, 0xff, 0x22, 0x0a]))
    expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
      id: null,
      error: { code: -32700 },
    })
    line.send(`[${call('a')}]`)
    expect(JSON.parse((await line.next()) ?? '')).toMatchObject({ id: null })
    expect(await line.call('ping')).toMatchObject({ result: {} })
    expect(scene.remote.of('tools/call')).toHaveLength(0)
    line.close()
  })

  it('ends a client whose line is too long, and says so', async () => {
    await using scene = await startScene()
    const line = await scene.world.line('s')
    const piece = 'a'.repeat(1024 * 1024)
    for (let size = 0; size <= limits.messageBytes; size += piece.length) line.socket.write(piece)
    expect(await line.next()).toContain('"code":"bridge.too_large"')
    expect(await line.next()).toBeNull()
    const other = await scene.world.line('s')
    await other.open()
    other.close()
    line.close()
  })

  it('keeps two connections of one client apart, same ids and all', async () => {
    const held = new Map<string, () => void>()
    const both = Promise.withResolvers<void>()
    await using scene = await startScene(
      usual(({ id, body, rpc }, response) => {
        if (rpc !== 'tools/call') return json(response, id, '{}')
        const name = /"name":"(.)"/.exec(body)?.[1] ?? ''
        held.set(name, () => json(response, id, `{"for":"${name}"}`))
        if (held.size === 2) both.resolve()
      }),
    )
    const [one, two] = [await scene.world.line('s'), await scene.world.line('s', 'two')]
    await Promise.all([one.open(), two.open()])
    one.send(call('same', '1'))
    two.send(call('same', '2'))
    await both.promise
    held.get('2')?.()
    held.get('1')?.()
    expect(await one.next()).toContain('"for":"1"')
    expect(await two.next()).toContain('"for":"2"')
    const rows = scene.world.house.rows().filter((row) => row.target === '2')
    expect(new Set(rows.map((row) => row.client))).toEqual(new Set(['two']))
    one.close()
    two.close()
  })

  it('refuses an id that is in use', async () => {
    await using scene = await startScene(
      usual(({ id, rpc }, response) => rpc !== 'tools/call' && json(response, id, '{}')),
    )
    const line = await scene.world.line('s')
    await line.open()
    line.send(call('a'))
    line.send(call('a'))
    expect(await line.next()).toContain('"code":"bridge.malformed"')
    line.close()
  })

  it('gives up the calls of a client that turns out to be gone', async () => {
    const arrived = Promise.withResolvers<ServerResponse>()
    const left = Promise.withResolvers<void>()
    await using scene = await startScene(
      usual(({ id, rpc }, response) => {
        if (rpc !== 'tools/call') return json(response, id, '{}')
        response.on('close', left.resolve)
        arrived.resolve(response.writeHead(200, { 'content-type': 'text/event-stream' }))
      }),
    )
    const line = await scene.world.line('s')
    await line.open()
    line.send(call('a'))
    const response = await arrived.promise
    line.close()
    await once(line.socket, 'close')
    response.write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n')
    await left.promise
    await scene.world.bridge.shutOut('one')
    const rows = scene.world.house.rows().filter((row) => row.method === 'tools/call')
    expect(rows.map((row) => row.outcome)).toEqual([null, 'cancelled'])
  })

  it('gives a client that said all at once its answers before it closes', async () => {
    await using scene = await startScene()
    const line = await openLine(scene.path, undefined)
    line.socket.end(
      `${['{"warder":1,"server":"s"}', '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}', call('last')].join('\n')}\n`,
    )
    const answers = [await line.next(), await line.next(), await line.next()]
    expect(answers[0]).toContain('"id":1,"result"')
    expect(answers[1]).toContain('"id":"last","result"')
    expect(answers[2]).toBeNull()
  })

  it('opens anew after its client was shut out and let in again at once', async () => {
    await using scene = await startScene()
    const out = scene.world.bridge.shutOut('one')
    const back = scene.world.bridge.letIn('one')
    await Promise.all([out, back])
    const line = await scene.world.line('s')
    await line.open()
    line.close()
  })

  it('is closed to another user of this machine', async (context) => {
    // Only root may become somebody else.
    if (process.getuid?.() !== 0) return context.skip('needs root')
    await using scene = await startScene()
    const directory = path.dirname(scene.path)
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(scene.path)).mode & 0o777).toBe(0o600)
    const visitor = path.join(scene.world.house.home, '..', `visitor-${process.pid}`)
    await mkdir(visitor, { mode: 0o755 })
    const program = path.join(visitor, 'visit.mjs')
    await writeFile(
      program,
      `import { connect } from 'node:net'
       process.once('message', (path) => {
         process.setgroups([])
         process.setgid(65_534)
         process.setuid(65_534)
         const socket = connect(path)
         socket.on('connect', () => process.send('in', () => process.exit()))
         socket.on('error', ({ code }) => process.send(code, () => process.exit()))
       })`,
    )
    // Also where the directories above stand open.
    await chmod(scene.world.house.home, 0o755)
    // It becomes somebody else once it is loaded: a checkout may lie where others cannot read.
    const child = fork(program, [], { execArgv: [], cwd: visitor })
    child.send(scene.path)
    const [answer] = await once(child, 'message')
    await once(child, 'exit')
    expect(answer).toBe('EACCES')
    // The same program comes in as ourselves, so it was the user that counted.
    const own = connect(scene.path)
    await once(own, 'connect')
    own.destroy()
  })
})
