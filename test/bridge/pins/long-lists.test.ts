import { describe, expect, it } from 'vitest'
import { readJson } from '../../../main/bridge/json-scan.ts'
import { directSession } from '../support/direct.ts'
import { startHouse, type TestHouse } from '../support/house.ts'

/** A list of tools that takes long is looked through in steps: other calls go on, and anything may happen in between. */

const KIB = 1024
const toolsOf = (count: number, said: string, size = 4 * KIB) =>
  Array.from({ length: count }, (_, at) => ({
    name: `tool_${at}`,
    description: `${said} ${'x'.repeat(size)}`,
    inputSchema: { type: 'object' },
  }))

async function startScene() {
  const house = await startHouse(undefined, { pinned: () => ['s', 'other'] })
  const { pins } = house
  if (pins === undefined) throw new Error('there are no pins')
  return {
    house,
    pins,
    begin(tools: unknown[], server = 's') {
      const result = readJson(JSON.stringify({ tools }))
      return pins.listed(server, result.member('tools')?.elements() ?? [], result)
    },
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  }
}

/** @returns how many steps it took, and how many tools may be seen */
function finish(work: Iterator<void, readonly unknown[]>): [steps: number, seen: number] {
  for (let steps = 1; ; steps++) {
    const made = work.next()
    if (made.done) return [steps, made.value.length]
  }
}

describe('a list of tools', () => {
  it('takes one step where it is short, and as many as it is long where it is not', async () => {
    await using scene = await startScene()
    expect(finish(scene.begin(toolsOf(30, 'first')))).toEqual([1, 30])
    expect(finish(scene.begin(toolsOf(30, 'other')))).toEqual([1, 0])
    // 4 MiB: each step has no more than a sixteenth of it, and no more than 256 tools to write.
    for (const said of ['first', 'second']) {
      const [steps, seen] = finish(scene.begin(toolsOf(1_000, said), 'other'))
      expect(steps).toBeGreaterThan(3 * 16)
      expect(seen).toBe(said === 'first' ? 1_000 : 0)
    }
    const [many, none] = finish(scene.begin(toolsOf(1_000, 'first', 1), 'other'))
    expect([many, none]).toEqual([4, 0])
  })

  it('that is known takes as long as it takes to see that', async () => {
    await using scene = await startScene()
    const tools = toolsOf(1_000, 'first')
    finish(scene.begin(tools))
    const [steps, seen] = finish(scene.begin(tools))
    expect(steps).toBeLessThan(20)
    expect(seen).toBe(1_000)
  })

  it('is told from one that differs where it is taken apart', async () => {
    await using scene = await startScene()
    const text = (character: string) => {
      const head = '{"tools":[{"name":"a","inputSchema":{"type":"object"},"description":"'
      const size = 256 * KIB - 1 - head.length
      return `${head}${'x'.repeat(200 * KIB)}"},{"name":"b","inputSchema":{"type":"object"},"description":"${'y'.repeat(
        size - 200 * KIB - '"},{"name":"b","inputSchema":{"type":"object"},"description":"'.length,
      )}${character} and so on"}]}`
    }
    const begin = (character: string) => {
      const result = readJson(text(character))
      expect(result.raw.charCodeAt(256 * KIB - 1)).toBeGreaterThan(0xd7ff)
      return scene.pins.listed('s', result.member('tools')?.elements() ?? [], result)
    }
    expect(finish(begin('\u{1f600}'))[1]).toBe(2)
    expect(finish(begin('\u{1f600}'))[1]).toBe(2)
    expect(finish(begin('\u{1fa00}'))[1]).toBe(1)
  })

  it('of a server that is removed meanwhile pins nothing more, and shows nothing', async () => {
    await using scene = await startScene()
    const work = scene.begin(toolsOf(1_000, 'first', 1))
    work.next()
    scene.pins.forget('s')
    expect(finish(work)[1]).toBe(0)
    expect(scene.pins.toolsOf('s')).toEqual([])
  })

  it('is not taken for known where a tool was held while it was looked through', async () => {
    await using scene = await startScene()
    const tools = toolsOf(1_000, 'first', 1)
    finish(scene.begin(tools))
    // Its last version is the one before, so that the first list is looked through again.
    finish(scene.begin([{ ...tools[0], description: 'other' }]))
    const work = scene.begin(tools)
    work.next()
    finish(scene.begin([{ ...tools[0], description: 'other' }]))
    finish(work)
    expect(scene.pins.word('s', 'tool_0')).toBe('held')
    finish(scene.begin(tools))
    expect(scene.pins.word('s', 'tool_0')).toBe('approved')
  })

  it('causes no more rows for its steps', async () => {
    await using scene = await startScene()
    finish(scene.begin(toolsOf(1_000, 'first', 1)))
    finish(scene.begin(toolsOf(1_000, 'second', 1)))
    const rows = scene.house.rows().filter(({ target }) => target?.startsWith('tool_'))
    expect(new Set(rows.map(({ target }) => target)).size).toBe(64)
  })
})

describe('a call', () => {
  const done = '{"content":[]}'

  function sessionIn(house: TestHouse, tools: unknown[]) {
    const answers: Record<string, string> = { 'tools/list': JSON.stringify({ tools }) }
    const { session, say } = directSession(house, {
      hears: ({ method }) => answers[method] ?? done,
    })
    const heard: string[] = []
    const channel = {
      reply: (text: string) => void heard.push(text.slice(0, 40)),
      send: () => {},
      refuse: () => {},
    }
    const ask = (id: string, method: string) =>
      say(`{"jsonrpc":"2.0","id":"${id}","method":"${method}","params":{}}`, channel)
    return { session, heard, ask }
  }

  it('is answered while a long list that came before it is looked through', async () => {
    await using scene = await startScene()
    const { heard, ask } = sessionIn(scene.house, toolsOf(1_000, 'first'))
    const list = ask('list', 'tools/list')
    const calls = (async () => {
      for (let id = 0; id < 5; id++) await ask(`call${id}`, 'prompts/list')
    })()
    await Promise.all([list, calls])
    expect(heard.map((text) => /"id":"(\w+)"/.exec(text)?.[1])).toEqual([
      ...['call0', 'call1', 'call2', 'call3', 'call4'],
      'list',
    ])
  })

  it('for such a list that is given up meanwhile is not answered', async () => {
    await using scene = await startScene()
    const { session, heard, ask } = sessionIn(scene.house, toolsOf(1_000, 'first'))
    const list = ask('list', 'tools/list')
    await ask('call', 'prompts/list')
    expect(session.giveUp('"list"', session.standing as never)).not.toBeNull()
    await list
    expect(heard).toHaveLength(1)
    const last = scene.house.rows().filter(({ method }) => method === 'tools/list')
    expect(last.at(-1)).toMatchObject({ phase: 'outcome', outcome: 'cancelled' })
  })
})
