import { describe, expect, it } from 'vitest'
import type { Branch } from '../../../main/bridge/aggregation/branch.ts'
import { createLists } from '../../../main/bridge/aggregation/lists.ts'
import { readJson } from '../../../main/bridge/json-scan.ts'
import { limits } from '../../../main/bridge/limits.ts'
import type { Decision, Operation } from '../../../main/policy/decide.ts'
import { BOUNDLESS, createBudget, createLedger } from '../../../main/runtime/budget.ts'
import { manualTimer } from '../support/timer.ts'

const allow: Decision = { effect: 'allow', rule: 'test' }
const deny: Decision = { effect: 'deny', rule: 'test' }

/** A branch whose list is written here; counts what it is asked. */
function branch(server: string, lines: readonly string[], member = 'tools') {
  const asked: string[] = []
  const one: Branch = {
    server,
    definition: { url: 'http://127.0.0.1:1/', auth: 'public' },
    key: `${server}.1`,
    openingSince: null,
    opened: async () => {},
    offers: () => true,
    async ask(method) {
      asked.push(method)
      return readJson(`{"${member}":[${lines.join(',')}]}`)
    },
    ended: false,
    close: async () => {},
  }
  return Object.assign(one, { asked })
}

function listsOf(
  branches: readonly Branch[],
  decide: (server: string, operation: Operation) => Decision = () => allow,
  ledger = createLedger(BOUNDLESS),
) {
  return createLists({
    branches: () => branches,
    begun: () => branches,
    decide,
    timer: manualTimer().timer,
    ledger,
    changed: () => {},
  })
}

const big = (name: string) =>
  `{"name":"${name}","description":"${'x'.repeat(limits.pageBytes / 4)}"}`
const pageOf = async (lists: ReturnType<typeof listsOf>, cursor?: string) => {
  const text = await lists.page('tools/list', cursor)
  const { tools, nextCursor } = JSON.parse(text ?? '{}')
  return { names: tools?.map(({ name }: { name: string }) => name), nextCursor }
}

describe('what is kept of lists', () => {
  const most = limits.pageBytes * 3
  const shareOf = () => createBudget({ each: most, asked: 0, kept: most, all: 0 }).of('one').answers
  const five = () => branch('a', ['1', '2', '3', '4', '5'].map(big))
  const two = () => branch('b', ['1', '2'].map(big))

  it('counts while its pages are turned, and a server that there is no room for is left out', async () => {
    const share = shareOf()
    const [one, other] = [createLedger(share), createLedger(share)]
    const lists = listsOf([five(), two()], undefined, one)
    const first = await pageOf(lists)
    const left = async () => {
      const page = await pageOf(listsOf([five(), two()], undefined, other))
      return page.names.filter((name: string) => name.startsWith('a__')).length
    }
    expect(await left()).toBe(0)
    const last = await pageOf(lists, first.nextCursor)
    expect(last.nextCursor).toBeUndefined()
    expect(await left()).toBeGreaterThan(0)
    one.close()
    other.close()
    expect(share.take(most)).toBe(true)
  })

  it('counts as names alone once nobody looks at its lines', async () => {
    const share = shareOf()
    const ledger = createLedger(share)
    const names = Array.from({ length: 100 }, (_, at) => `${at}-${'n'.repeat(100)}`)
    const lines = names.map((name) => `{"name":"${name}","description":"${'x'.repeat(20_000)}"}`)
    const lists = listsOf([branch('a', lines)], undefined, ledger)
    await pageOf(lists)
    const size = names.join('').length
    expect(share.take(most - 2 * size)).toBe(true)
    expect(share.take(size)).toBe(false)
    ledger.close()
    expect(share.take(size)).toBe(true)
  })

  it('leaves out a server whose names find no room', async () => {
    const share = shareOf()
    const names = Array.from({ length: 1_000 }, (_, at) => `${at}`)
    const lists = listsOf(
      [
        branch(
          'a',
          names.map((name) => `{"name":"${name}"}`),
        ),
        two(),
      ],
      undefined,
      {
        ...createLedger(share),
        set: (name, bytes) => !name.startsWith('names a') || bytes < 1_000,
      },
    )
    expect((await pageOf(lists)).names).toEqual(['b__1', 'b__2'])
  })

  it('counts where a server was late, until it answers in time', async () => {
    const share = shareOf()
    const ledger = createLedger(share)
    const { timer, pass } = manualTimer()
    const answers: (() => void)[] = []
    const late = branch('a', [big('1')])
    const { ask } = late
    late.ask = async (...asked) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      return ask(...asked)
    }
    const known = Promise.withResolvers<void>()
    const lists = createLists({
      branches: () => [late],
      begun: () => [late],
      decide: () => allow,
      timer,
      ledger,
      changed: () => known.resolve(),
    })
    const began = async () => {
      while (answers.length === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const first = pageOf(lists)
    await began()
    pass(limits.listWaitMs)
    expect((await first).names).toEqual([])
    answers.shift()?.()
    await known.promise
    await new Promise((resolve) => setImmediate(resolve))
    expect(share.take(most - limits.pageBytes / 4)).toBe(false)
    const second = pageOf(lists)
    await began()
    answers.shift()?.()
    expect((await second).names).toEqual(['a__1'])
    expect(share.take(most - limits.pageBytes / 4)).toBe(true)
  })
})

describe('a list that is too long for one page', () => {
  const a = () => branch('a', ['1', '2', '3', '4', '5'].map(big))
  const b = () => branch('b', ['1', '2'].map(big))

  it('goes on where it ended, without asking anybody again', async () => {
    const servers = [a(), b()]
    const lists = listsOf(servers)
    const first = await pageOf(lists)
    const second = await pageOf(lists, first.nextCursor)
    expect([...first.names, ...second.names]).toEqual([
      ...['1', '2', '3', '4', '5'].map((name) => `a__${name}`),
      ...['b__1', 'b__2'],
    ])
    expect(second.nextCursor).toBeUndefined()
    expect(servers.map(({ asked }) => asked.length)).toEqual([1, 1])
  })

  it('is decided about anew on each page', async () => {
    let allowed = true
    const lists = listsOf([a(), b()], (server) => (server === 'b' && !allowed ? deny : allow))
    const first = await pageOf(lists)
    allowed = false
    const second = await pageOf(lists, first.nextCursor)
    expect(second.names.some((name: string) => name.startsWith('b__'))).toBe(false)
  })

  it('takes no cursor that it did not give, or gave for an older list', async () => {
    const lists = listsOf([a(), b()])
    const { nextCursor } = await pageOf(lists)
    await pageOf(lists)
    for (const cursor of [nextCursor, 'x', '', 'MS4x', Buffer.from('9.9').toString('base64url')])
      expect(await lists.page('tools/list', cursor)).toBeNull()
  })
})

describe('what it costs', () => {
  it.each([
    ['so many pages', limits.listPages, '{"name":"t"}'],
    ['so many bytes', limits.listBytes / limits.pageBytes, `"${'x'.repeat(limits.pageBytes - 2)}"`],
  ])('are %s of a server whose list has no end', async (_what, pages, line) => {
    let asked = 0
    const endless: Branch = {
      ...branch('a', []),
      ask: async () => readJson(`{"tools":[${line}],"nextCursor":"${++asked}"}`),
    }
    await pageOf(listsOf([endless]))
    expect(asked).toBe(pages)
  })

  it('grows with the number of servers, and no faster', async () => {
    const work = async (count: number) => {
      let decisions = 0
      const servers = Array.from({ length: count }, (_, at) =>
        branch(
          `s${at}`,
          Array.from({ length: 10 }, (_, line) => `{"name":"t${line}"}`),
        ),
      )
      const lists = listsOf(servers, () => {
        decisions++
        return allow
      })
      const { names } = await pageOf(lists)
      expect(names).toHaveLength(count * 10)
      const asked = servers.reduce((sum, { asked }) => sum + asked.length, 0)
      return { asked, decisions }
    }
    expect(await work(10)).toEqual({ asked: 10, decisions: 100 })
    expect(await work(100)).toEqual({ asked: 100, decisions: 1_000 })
  })

  it('asks nobody again for a resource that one is known to have', async () => {
    const servers = [
      branch('a', ['{"uri":"x:/1"}'], 'resources'),
      branch('b', ['{"uri":"x:/2"}'], 'resources'),
    ]
    const lists = listsOf(servers)
    for (let round = 0; round < 3; round++)
      expect(await lists.owner('resources/list', 'x:/2')).toBe('b')
    expect(await lists.owner('resources/list', 'x:/3')).toBeUndefined()
    expect(servers.map(({ asked }) => asked.length)).toEqual([1, 1])
    // Only the one that has changed is asked again.
    lists.stale(['resources'], 'a.1')
    await lists.owner('resources/list', 'x:/3')
    expect(servers.map(({ asked }) => asked.length)).toEqual([2, 1])
  })
})
