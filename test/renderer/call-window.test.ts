import { describe, expect, it } from 'vitest'
import {
  openWindow,
  PAGE,
  withAppended,
  withNewer,
  withOlder,
} from '../../renderer/api/call-window.ts'
import { row } from '../e2e/page-world.ts'

const end = (seq: number, more = {}) =>
  row({ seq, call: `c${seq}`, phase: 'outcome', outcome: 'ok', ...more })
/** Newest first. */
const ends = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => end(from - at))
const seqs = ({ done }: { done: readonly { seq: number }[] }) => done.map(({ seq }) => seq)

describe('the calls that are held', () => {
  it('are those under way and those that ended, each once', () => {
    const window = openWindow(
      [end(4), end(2)],
      [row({ seq: 5, call: 'c5' }), end(4), row({ seq: 3, call: 'c4' })],
      {},
    )
    expect(window.running.map(({ call }) => call)).toEqual(['c5'])
    expect(seqs(window)).toEqual([4, 2])
    expect([window.atNewest, window.atOldest]).toEqual([true, true])
    const ended = withAppended(window, [end(6, { call: 'c5' })], {})
    expect([ended.running, seqs(ended), ended.shift]).toEqual([[], [6, 4, 2], 1])
  })

  it('are not put in twice where an event tells of what a page has told', () => {
    const window = withAppended(openWindow([end(4)], [], {}), [end(4), end(5)], {})
    expect(seqs(window)).toEqual([5, 4])
  })

  it('take in only what passes the filter', () => {
    const filter = { client: 'a', since: '2026-01-02T00:00:00.000Z' }
    const at = '2026-01-03T00:00:00.000Z'
    const window = withAppended(
      openWindow([], [], filter),
      [
        end(1, { client: 'a', at }),
        end(2, { client: 'b', at }),
        end(3, { client: 'a', at: '2026-01-01T00:00:00.000Z' }),
        row({ seq: 4, client: 'b', at }),
      ],
      filter,
    )
    expect([seqs(window), window.running]).toEqual([[1], []])
    expect(openWindow([], [row({ seq: 1 })], { outcome: 'ok' }).running).toEqual([])
  })

  it('let go of the newer end when somebody goes far back, and get it back', () => {
    const pages = 4_000 / PAGE + 1
    let window = openWindow(ends(10_000, PAGE), [], {})
    for (let page = 1; page < pages; page++)
      window = withOlder(window, ends(10_000 - page * PAGE, PAGE))
    expect(window.done).toHaveLength(4_000)
    expect([window.atNewest, window.atOldest, window.shift]).toEqual([false, false, -PAGE])
    expect(seqs(window)[0]).toBe(10_000 - PAGE)

    const missed = withAppended(window, [end(10_001), end(10_002)], {})
    expect([missed.missed, missed.shift]).toEqual([2, -PAGE])

    const full = withNewer(missed, ends(10_000, PAGE).toReversed())
    expect([seqs(full)[0], full.done.length, full.atNewest, full.shift]).toEqual([
      10_000,
      4_000,
      false,
      0,
    ])
    const whole = withNewer(full, [end(10_001), end(10_002)])
    expect([seqs(whole)[0], whole.atNewest, whole.missed]).toEqual([10_002, true, 0])
  })

  it('know the end of the audit by a page that is not full, and forget it when they let it go', () => {
    const window = withOlder(openWindow(ends(3_900 + PAGE, PAGE), [], {}), ends(3_900, 10))
    expect(window.atOldest).toBe(true)
    const many = Array.from({ length: 4_000 }, (_, at) => end(5_000 + at))
    expect(withAppended(window, many, {}).atOldest).toBe(false)
  })
})
