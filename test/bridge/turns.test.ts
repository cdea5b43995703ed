import { describe, expect, it } from 'vitest'
import { createTurns } from '../../main/bridge/turns.ts'

/** Turns that the test takes. */
function startTurns() {
  const due: (() => void)[] = []
  const done: string[] = []
  const turns = createTurns((run) => due.push(run))
  function* steps(name: string, count: number): Generator<void, string> {
    for (let at = 1; at < count; at++) {
      done.push(`${name}${at}`)
      yield
    }
    done.push(`${name}${count}`)
    return name
  }
  return {
    turns,
    done,
    steps,
    /** @returns whether there was one */
    turn() {
      const next = due.shift()
      next?.()
      return next !== undefined
    },
  }
}

const NEVER = new AbortController().signal

describe('long work', () => {
  it('makes one step in a turn, of each in its turn', async () => {
    const { turns, done, steps, turn } = startTurns()
    const [a, b] = [turns.run(steps('a', 3), NEVER), turns.run(steps('b', 2), NEVER)]
    const after: string[][] = []
    while (turn()) after.push([...done])
    expect(done).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
    expect(after.map(({ length }) => length)).toEqual([1, 2, 3, 4, 5])
    expect(await Promise.all([a, b])).toEqual(['a', 'b'])
    const again = turns.run(steps('c', 1), NEVER)
    expect([turn(), turn()]).toEqual([true, false])
    expect(await again).toBe('c')
  })

  it('ends with what it throws, and what it is given up with, and no other with it', async () => {
    const { turns, done, steps, turn } = startTurns()
    const given = new AbortController()
    const broken = turns.run(
      {
        next() {
          throw new Error('broken')
        },
      },
      NEVER,
    )
    const left = turns.run(steps('a', 9), given.signal)
    const other = turns.run(steps('b', 2), NEVER)
    turn()
    turn()
    given.abort(new Error('given up'))
    while (turn());
    await expect(broken).rejects.toThrow('broken')
    await expect(left).rejects.toThrow('given up')
    expect(await other).toBe('b')
    expect(done).toEqual(['a1', 'b1', 'b2'])
  })
})
