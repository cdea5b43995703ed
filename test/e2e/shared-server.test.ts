import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { echo, toolNames } from './support/calls.ts'
import { environmentOf } from './support/proc.ts'
import { addClient, CLIENT } from './support/stage.ts'
import { startWitness, type Witness } from './support/witness.ts'

/** One process of the reference server for two clients, each with a shim of its own. */

const OTHER = 'other'

let stage: AsyncDisposableStack
let witness: Witness
let warder: Warder
beforeEach(async () => {
  stage = new AsyncDisposableStack()
  witness = stage.use(await startWitness())
  const home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  for (const client of [CLIENT, OTHER]) await addClient(warder, client)
  await warder.ok(['secret', 'set', 'demo-key'], 'kept in the vault: 31c0')
  await warder.ok([
    ...['server', 'add', 'tools', '--approve', '--shared', '--env', 'DEMO_KEY=secret:demo-key'],
    ...['--', everythingStdio.command, ...witness.nodeOptions, ...everythingStdio.args],
  ])
})
afterEach(() => stage.disposeAsync())

describe('a shared server', () => {
  it('is one process for two clients, outlives the first, and ends with the last', async () => {
    const one = await warder.client(CLIENT, 'tools')
    const two = await warder.client(OTHER, 'tools')
    const { pid, ended } = await witness.next()
    expect(environmentOf(pid)).toMatchObject({ DEMO_KEY: 'kept in the vault: 31c0' })
    const answers = Array.from({ length: 20 }, (_, at) =>
      Promise.all([echo(one, `one ${at}.`), echo(two, `two ${at}.`)]),
    )
    for (const [at, both] of (await Promise.all(answers)).entries())
      expect(both).toEqual([`Echo: one ${at}.`, `Echo: two ${at}.`])
    const names = await toolNames(one)
    expect(names).toContain('echo')
    expect(await toolNames(two)).toEqual(names)
    await one.close()
    expect(await echo(two)).toContain('hello')
    expect(witness.seen).toHaveLength(1)
    await two.close()
    await ended
  })

  it('ends for both when its definition is gone', async () => {
    const one = await warder.client(CLIENT, 'tools')
    const two = await warder.client(OTHER, 'tools')
    await Promise.all([echo(one), echo(two)])
    const { ended } = await witness.next()
    await warder.ok(['server', 'remove', 'tools', '--yes'])
    await ended
    for (const client of [one, two]) await expect(echo(client)).rejects.toThrow('tools')
    expect(witness.seen).toHaveLength(1)
  })
})
