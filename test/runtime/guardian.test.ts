import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGuardian } from '../../main/runtime/guardian.ts'
import { processGroup } from '../../main/runtime/process-group.ts'
import { psStart, startOf } from '../../main/runtime/process-start.ts'
import { testHome } from '../harness/home.ts'

/** A leader and a child in its group, both busy and deaf to SIGTERM. */
const STUBBORN = `
const busy = "process.on('SIGTERM', () => {}); console.log('up'); for (let i = 0; ; i++) if (i % 1e6 === 0) require('fs').statSync('/')"
require('child_process').spawn(process.execPath, ['-e', busy], { stdio: 'inherit' })
eval(busy)`

async function stubborn(): Promise<number> {
  const child = spawn(process.execPath, ['-e', STUBBORN], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { pid = 0 } = child
  onTestFinished(() => processGroup(pid).signal('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  let up = 0
  for await (const _ of lines) if (++up === 2) break
  return pid
}

/** Resolves when a group is gone: a signal that was sent is not yet a process that has ended. */
async function dead(group: number): Promise<void> {
  while (processGroup(group).alive()) await setImmediate()
}

/** The real guardian, and its end. */
function guarded(folder = '') {
  const ended = Promise.withResolvers<void>()
  let started = 0
  let current: ReturnType<typeof spawn> | undefined
  const guardian = createGuardian(folder, (script) => {
    started++
    const shell = spawn('/bin/sh', ['-c', script], {
      env: { PATH: '/usr/bin:/bin', WARDER_CREDENTIALS: folder },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    current = shell
    shell.once('exit', () => ended.resolve())
    return { stdin: shell.stdin, onExit: (listener) => void shell.once('exit', listener) }
  })
  return { guardian, ended: ended.promise, started: () => started, shell: () => current }
}

describe('the guardian', () => {
  it('kills a busy group that ignores SIGTERM, children too, when its input ends', async () => {
    const group = await stubborn()
    const { guardian, ended } = guarded()
    guardian.add(group, await startOf(group))
    guardian.close()
    await ended
    await dead(group)
  })

  it('removes the files with credentials that it was told of', async () => {
    const group = await stubborn()
    const home = await testHome()
    const folder = path.join(home.path, 'a b; c')
    mkdirSync(path.join(folder, 's-1'), { recursive: true })
    writeFileSync(path.join(folder, 's-1', 'KEY'), 'a value')
    const { guardian, ended } = guarded(folder)
    guardian.add(group, await startOf(group))
    guardian.close()
    await ended
    expect(readdirSync(home.path)).toEqual([])
    await home[Symbol.asyncDispose]()
  })

  it('believes the id alone while the start is not known', async () => {
    const group = await stubborn()
    const { guardian, ended } = guarded()
    guardian.add(group, null)
    guardian.close()
    await ended
    await dead(group)
  })

  it('kills what the leader left in its group', async () => {
    const group = await stubborn()
    const { guardian, ended } = guarded()
    guardian.add(group, await startOf(group))
    process.kill(group, 'SIGKILL')
    guardian.close()
    await ended
    await dead(group)
  })

  it('leaves a process alone that was given the id of one it guards', async () => {
    const group = await stubborn()
    const { guardian, ended } = guarded()
    const other = Number(await startOf(group)) - 1
    guardian.add(group, String(other))
    guardian.close()
    await ended
    expect(processGroup(group).alive()).toBe(true)
  })

  it('leaves alone what it was told is gone', async () => {
    const group = await stubborn()
    const { guardian, ended } = guarded()
    guardian.add(group, await startOf(group))
    guardian.remove(group)
    guardian.close()
    await ended
    expect(processGroup(group).alive()).toBe(true)
  })

  it('that was ended comes back with the next server, and knows all', async () => {
    const [first, second] = [await stubborn(), await stubborn()]
    const { guardian, started, shell } = guarded()
    guardian.add(first, await startOf(first))
    const killed = shell()
    killed?.kill('SIGKILL')
    if (killed) await once(killed, 'exit')
    guardian.add(second, await startOf(second))
    expect(started()).toBe(2)
    const next = shell()
    guardian.close()
    if (next) await once(next, 'exit')
    await Promise.all([dead(first), dead(second)])
  })
})

describe('the start of a process', () => {
  it('is the one that the kernel keeps, whatever the process calls itself', async () => {
    const name = `setInterval(() => {}, 1e9); process.title = 'a) S 1 2 3 ('; console.log()`
    const child = spawn(process.execPath, ['-e', name], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    const { pid = 0 } = child
    const raw = readFileSync(`/proc/${pid}/stat`, 'utf8')
    expect(raw).toContain(`) S 1 2 3 (`)
    expect(await startOf(pid)).toMatch(/^\d{3,}$/)
    expect(await startOf(pid)).toBe(await startOf(pid))
    expect(await startOf(process.pid)).not.toBe(await startOf(pid))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await startOf(pid)).toBeNull()
  })

  it('is told by ps where there is no /proc, as one word', async () => {
    expect(await psStart(process.pid)).toMatch(/^[A-Z][a-z]{2}_[A-Z][a-z]{2}_\d+_[\d:]{8}_\d{4}$/)
    expect(await psStart(2 ** 30)).toBeNull()
  })
})
