import { describe, expect, it } from 'vitest'
import { knownTools } from '../../main/bridge/catalogue/known-tools.ts'
import { createMemory, type Subject } from '../../main/bridge/catalogue/memory.ts'
import { createDecide } from '../../main/policy/decide.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

const subject = (opening: string): Subject => ({
  server: 'notes',
  definition: '{}',
  context: { accounts: [], secrets: [] },
  opening,
})
const list = (...names: string[]) =>
  JSON.stringify({
    tools: names.map((name) => ({
      name,
      description: 'd'.repeat(40),
      inputSchema: { type: 'object' },
    })),
  })

const decide = createDecide({
  rules: () => [
    { effect: 'allow', client: 'cursor', server: '*' },
    { effect: 'deny', client: '*', server: 'notes', tool: 'delete_*' },
  ],
  isClient: (name) => name === 'cursor',
})
const cursor = { user: 'me', client: 'cursor', proof: 'same-user', session: 's' } as const

describe('what is known of tools', () => {
  it('is what was heard last, with its cost and whether the client may call it', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    let now = 1
    const memory = createMemory({ state, clock: () => now++ })
    memory.put(subject('old'), 'tools/list', list('gone'))
    memory.put(subject('new'), 'tools/list', list('read', 'delete_all'))
    const known = (principals: typeof cursor | null) =>
      knownTools({ memory, decide, servers: ['notes', 'other'], principals })
    const shown = { name: 'read', description: 'd'.repeat(40), inputSchema: { type: 'object' } }
    const tokens = Math.ceil(JSON.stringify(shown).length / 4)
    expect(known(cursor)).toEqual([
      {
        server: 'notes',
        heardAt: 2,
        tools: [
          expect.objectContaining({ name: 'read', tokens, allowed: true }),
          expect.objectContaining({ name: 'delete_all', allowed: false }),
        ],
      },
      { server: 'other', heardAt: null, tools: [] },
    ])
    expect(known(null)[0]?.tools.map(({ allowed }) => allowed)).toEqual([true, true])
    state.close()
  })

  it('is nothing where what was remembered is no list of tools', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    const memory = createMemory({ state, clock: () => 1 })
    memory.put(subject('o'), 'tools/list', '{"tools":"none"}')
    expect(knownTools({ memory, decide, servers: ['notes'], principals: null })).toEqual([
      { server: 'notes', heardAt: null, tools: [] },
    ])
    state.close()
  })
})
