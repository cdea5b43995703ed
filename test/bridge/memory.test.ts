import { describe, expect, it } from 'vitest'
import { createMemory, type Subject } from '../../main/bridge/catalogue/memory.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

const subject = (changes: Partial<Subject> = {}): Subject => ({
  server: 's',
  definition: '{}',
  context: { accounts: [], secrets: [] },
  opening: 'o',
  ...changes,
})

const account = (name: string, server = 's') => ({
  accounts: [{ server, account: name, kind: 'person', scopes: ['a'] }],
  secrets: [],
})

async function start() {
  const home = await testHome()
  const state = openState(home.path)
  let now = 1
  return {
    state,
    memory: createMemory({ state, clock: () => now++ }),
    rows: () => Number(state.prepare('SELECT count(*) AS n FROM catalogue').get()?.n),
    async [Symbol.asyncDispose]() {
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

describe('the memory', () => {
  it('tells what changed', async () => {
    await using house = await start()
    const { memory } = house
    expect(memory.put(subject(), 'tools/list', 'a')).toBe(false)
    expect(memory.put(subject(), 'tools/list', 'a')).toBe(false)
    expect(memory.put(subject(), 'tools/list', 'b')).toBe(true)
    expect(memory.get(subject(), 'tools/list')?.content).toBe('b')
    expect(memory.get(subject(), 'prompts/list')).toBeNull()
  })

  it.each([
    { server: 't' },
    { definition: '{"url":"x"}' },
    { opening: 'p' },
    { context: account('ann') },
    { context: { accounts: [], secrets: [{ name: 'k', setAt: 1 }] } },
  ])('keeps apart what differs in %j', async (changes) => {
    await using house = await start()
    house.memory.put(subject(), 'tools/list', 'a')
    expect(house.memory.get(subject(changes), 'tools/list')).toBeNull()
  })

  it('keeps one definition of a server', async () => {
    await using house = await start()
    house.memory.put(subject(), 'tools/list', 'a')
    house.memory.put(subject({ definition: '{"url":"x"}' }), 'prompts/list', 'b')
    expect(house.memory.get(subject(), 'tools/list')).toBeNull()
  })

  it('forgets an account wherever it is among others, and nobody else', async () => {
    await using house = await start()
    const both = {
      accounts: [...account('ann').accounts, ...account('bob', 't').accounts],
      secrets: [],
    }
    for (const context of [account('ann'), account('bob'), account('ann', 't'), both])
      house.memory.put(subject({ context }), 'tools/list', 'a')
    house.memory.forgetAccount('s', 'ann')
    const left = [account('ann'), account('bob'), account('ann', 't'), both].map(
      (context) => house.memory.get(subject({ context }), 'tools/list') !== null,
    )
    expect(left).toEqual([false, true, true, false])
  })

  it('is bounded: too large is not kept, too many push out the oldest', async () => {
    await using house = await start()
    const { memory } = house
    memory.put(subject(), 'tools/list', 'a')
    memory.put(subject(), 'tools/list', 'x'.repeat(1024 * 1024 + 1))
    expect(memory.get(subject(), 'tools/list')).toBeNull()
    for (let n = 0; n <= 1_000; n++) memory.put(subject({ opening: `${n}` }), 'tools/list', 'a')
    expect(house.rows()).toBe(1_000)
    expect(memory.get(subject({ opening: '0' }), 'tools/list')).toBeNull()
    for (let n = 0; n < 40; n++)
      memory.put(subject({ opening: `large ${n}` }), 'tools/list', 'x'.repeat(1024 * 1024))
    expect(memory.get(subject({ opening: 'large 39' }), 'tools/list')).not.toBeNull()
    expect(memory.get(subject({ opening: 'large 0' }), 'tools/list')).toBeNull()
  })
})
