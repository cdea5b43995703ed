import { expect, it } from 'vitest'
import { createBriefMap } from '../../main/bridge/brief-map.ts'

it('has what is in it, in the order of coming, also while it is emptied', () => {
  const map = createBriefMap<string, { n: number }>()
  map.set('a', { n: 1 })
  map.set('b', { n: 2 })
  map.set('a', { n: 3 })
  expect([...map.entries()]).toEqual([
    ['a', { n: 3 }],
    ['b', { n: 2 }],
  ])
  const seen: number[] = []
  for (const { n } of map.values()) {
    seen.push(n)
    map.delete('b')
  }
  expect(seen).toEqual([3])
  expect([map.delete('b'), map.has('b'), map.get('b'), map.size]).toEqual([
    false,
    false,
    undefined,
    1,
  ])
  map.clear()
  expect([map.size, [...map.values()]]).toEqual([0, []])
})
