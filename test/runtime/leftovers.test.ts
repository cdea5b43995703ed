import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { endLeftovers, openProcessRecord } from '../../main/runtime/leftovers.ts'
import { processGroup } from '../../main/runtime/process-group.ts'
import { startOf } from '../../main/runtime/process-start.ts'
import { openMeta } from '../../main/store/meta.ts'
import { openState, type State } from '../../main/store/state.ts'
import { type TestHome, testHome } from '../harness/home.ts'

let home: TestHome
let state: State
beforeEach(async () => {
  home = await testHome()
  state = openState(home.path)
})
afterEach(async () => {
  state.close()
  await home[Symbol.asyncDispose]()
})

async function deaf(): Promise<{ group: number; start: string }> {
  const code = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e9); console.log('up')`
  const child = spawn(process.execPath, ['-e', code], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { pid: group = 0 } = child
  onTestFinished(() => processGroup(group).signal('SIGKILL'))
  await once(child.stdout, 'data')
  return { group, start: (await startOf(group)) ?? '' }
}

const alive = (group: number) => processGroup(group).alive()

describe('what a killed companion left behind', () => {
  it('is ended at the next start, once', async () => {
    const meta = openMeta(state)
    const { group, start } = await deaf()
    openProcessRecord(meta).add(group, start)
    expect(await endLeftovers(meta)).toBe(1)
    while (alive(group)) await setImmediate()
    expect(await endLeftovers(meta)).toBe(0)
  })

  it('is not looked for where it ended in order', async () => {
    const meta = openMeta(state)
    const { group, start } = await deaf()
    const record = openProcessRecord(meta)
    record.add(group, start)
    record.remove(group)
    expect(await endLeftovers(meta)).toBe(0)
    expect(alive(group)).toBe(true)
  })

  it('is not mistaken for a process that has its id today', async () => {
    const meta = openMeta(state)
    const { group, start } = await deaf()
    openProcessRecord(meta).add(group, String(Number(start) - 1))
    expect(await endLeftovers(meta)).toBe(0)
    expect(alive(group)).toBe(true)
  })

  it('is not looked for in another container or run of the machine', async () => {
    const meta = openMeta(state)
    const { group, start } = await deaf()
    openProcessRecord(meta, 'another boot').add(group, start)
    expect(await endLeftovers(meta)).toBe(0)
    expect(alive(group)).toBe(true)
  })

  it.each([
    ['nothing readable', 'nonsense'],
    ['everybody', JSON.stringify({ space: 'here', groups: [[1, '5']] })],
    ['no list', JSON.stringify({ space: 'here' })],
  ])('is nothing where the record says %s', async (_what, text) => {
    const meta = openMeta(state)
    meta.set('local_processes', text)
    expect(await endLeftovers(meta, 'here')).toBe(0)
  })
})
