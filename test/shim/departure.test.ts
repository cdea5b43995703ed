import { describe, expect, it } from 'vitest'
import { parentOf } from '../../main/shim/departure.ts'
import { startScene } from './support/companion.ts'

const news = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }

/** A scene whose client has opened a session, was started by a process that has ended, and is asked at the next look. */
async function startAsked() {
  const scene = await startScene()
  const companion = await scene.open()
  scene.io.ppid = 1
  scene.tick()
  const ping = await scene.heard()
  expect(ping).toMatchObject({ jsonrpc: '2.0', method: 'ping' })
  return { scene, companion, ping, [Symbol.asyncDispose]: scene[Symbol.asyncDispose] }
}

describe('a client whose process has ended, although its pipes are held open', () => {
  it('is asked, and left when it does not answer', async () => {
    await using asked = await startAsked()
    const { scene, companion } = asked
    scene.tick()
    companion.send(news)
    expect(await scene.heard()).toEqual(news)
    expect(scene.io.exitCode).toBeUndefined()
    scene.tick()
    expect(await scene.ended).toBe(0)
    expect(await companion.next()).toBeNull()
  })

  it('has no companion started for it', async () => {
    await using scene = await startScene()
    const companion = await scene.open()
    scene.request(1, 'tools/list')
    await companion.next()
    scene.io.ppid = 1
    companion.die()
    expect(await scene.heard()).toMatchObject({ method: 'ping' })
    scene.tick()
    scene.tick()
    expect(await scene.ended).toBe(0)
    expect(scene.connections).toEqual([])
  })

  it('and that cannot be asked is left at the next message for it', async () => {
    await using scene = await startScene()
    const companion = await scene.accept()
    scene.request('l', 'subscriptions/listen', { notifications: { toolsListChanged: true } })
    await companion.next()
    scene.io.ppid = 1
    for (let n = 0; n < 4; n++) scene.tick()
    expect(scene.io.exitCode).toBeUndefined()
    companion.send(news)
    expect(await scene.ended).toBe(0)
    expect(await scene.heard()).toEqual(news)
  })

  it('and that cannot be asked has no companion started for it', async () => {
    await using scene = await startScene()
    const companion = await scene.accept()
    scene.request(1, 'server/discover')
    await companion.next()
    scene.io.ppid = 1
    companion.die()
    expect(await scene.ended).toBe(0)
    expect(scene.connections).toEqual([])
  })
})

describe('a client whose launcher has ended', () => {
  it('stays as long as it answers, and its companion hears nothing of it', async () => {
    await using asked = await startAsked()
    const { scene, companion } = asked
    let { id } = asked.ping
    for (let n = 0; n < 3; n++) {
      scene.send({ jsonrpc: '2.0', id, result: {} })
      scene.request(n, 'tools/list')
      expect(await companion.json()).toMatchObject({ id: n, method: 'tools/list' })
      companion.answer(n)
      expect(await scene.heard()).toMatchObject({ id: n })
      scene.tick()
      id = (await scene.heard()).id
    }
    expect(scene.io.exitCode).toBeUndefined()
  })

  it('stays when it says something else first, and is not asked again before it answers', async () => {
    await using asked = await startAsked()
    const { scene, companion, ping } = asked
    scene.request(1, 'tools/list')
    expect(await companion.json()).toMatchObject({ id: 1 })
    for (let n = 0; n < 4; n++) scene.tick()
    scene.send({ jsonrpc: '2.0', id: ping.id, error: { code: -32601, message: 'what?' } })
    scene.request(2, 'tools/list')
    // The late answer was for the shim.
    expect(await companion.json()).toMatchObject({ id: 2 })
    companion.answer(1)
    expect(await scene.heard()).toMatchObject({ id: 1 })
    scene.tick()
    expect(await scene.heard()).toMatchObject({ method: 'ping' })
  })

  it('is not given up while nobody reads what it says', async () => {
    await using asked = await startAsked()
    const { scene } = asked
    scene.io.stdin.pause()
    for (let n = 0; n < 4; n++) scene.tick()
    scene.io.stdin.resume()
    scene.tick()
    expect(scene.io.exitCode).toBeUndefined()
    scene.tick()
    expect(await scene.ended).toBe(0)
  })

  it('goes on with the next companion when it has answered', async () => {
    await using scene = await startScene()
    const first = await scene.open()
    scene.request(1, 'tools/list')
    await first.next()
    scene.io.ppid = 1
    scene.io.stdin.pause()
    first.die()
    const { id } = await scene.heard()
    // It was paused for the one that has gone.
    expect(scene.io.stdin.isPaused()).toBe(false)
    scene.send({ jsonrpc: '2.0', id, result: {} })
    const next = await scene.reopen()
    expect(await next.json()).toMatchObject({ id: 1, method: 'tools/list' })
  })

  it('stays without sessions as well, once it has spoken', async () => {
    await using scene = await startScene()
    const companion = await scene.accept()
    scene.request(1, 'tools/list')
    await companion.next()
    scene.io.ppid = 1
    scene.tick()
    scene.request(2, 'tools/list')
    await companion.next()
    scene.tick()
    for (const id of [1, 2]) {
      companion.answer(id)
      expect(await scene.heard()).toMatchObject({ id })
    }
    companion.die()
    scene.request(3, 'tools/list')
    const next = await scene.accept()
    expect(await next.json()).toMatchObject({ id: 3 })
  })

  it('gets all answers that it waits for, also where it cannot be asked', async () => {
    await using scene = await startScene()
    const companion = await scene.accept()
    for (const id of [1, 2]) {
      scene.request(id, 'tools/call', { name: 'slow' })
      await companion.next()
    }
    scene.io.ppid = 1
    scene.tick()
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: {} }
    companion.send(progress)
    expect(await scene.heard()).toEqual(progress)
    for (const id of [1, 2]) {
      companion.answer(id)
      expect(await scene.heard()).toMatchObject({ id })
    }
    expect(scene.io.exitCode).toBeUndefined()
    scene.request(3, 'tools/call', { name: 'next' })
    expect(await companion.json()).toMatchObject({ id: 3 })
  })

  it('before its first word is not doubted', async () => {
    await using scene = await startScene()
    scene.io.ppid = 1
    const companion = await scene.open()
    for (let n = 0; n < 4; n++) scene.tick()
    companion.send(news)
    expect(await scene.heard()).toEqual(news)
  })
})

it('has its parent looked at no more when it has left', async () => {
  await using scene = await startScene()
  const companion = await scene.open()
  scene.io.stdin.end()
  companion.die()
  await scene.ended
  scene.io.ppid = 1
  scene.tick()
  expect(scene.said.waiting.filter((line) => line !== null)).toEqual([])
})

describe('on Windows, where a process keeps its parent,', () => {
  const parent = (code: string | null) =>
    parentOf({ ppid: 7 }, 'win32', (id, signal) => {
      expect([id, signal]).toEqual([7, 0])
      if (code !== null) throw Object.assign(new Error(code), { code })
    })

  it.each([
    [null, false],
    ['EPERM', false],
    ['ESRCH', true],
  ])('one whose look says %s has ended: %s', (code, ended) => {
    expect(parent(code).hasEnded(parent(code).id())).toBe(ended)
  })
})
