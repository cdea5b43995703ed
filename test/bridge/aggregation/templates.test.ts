import { expect, it } from 'vitest'
import { fits } from '../../../main/bridge/aggregation/templates.ts'

it.each([
  ['demo://text/7', 'demo://text/{id}', 12],
  ['demo://text/7/raw', 'demo://text/{id}/raw', 16],
  ['x:/a?b=c', 'x:/a{?b}', 4],
  ['x:/a', 'x:/a{?b}', 4],
  ['x:/a', 'x:/a', 4],
  ['file:///a/b', '{+uri}', 0],
  ['x:aXa', 'x:a{v}a', 4],
])('%s can come from %s', (uri, template, fixed) => {
  expect(fits(uri, template)).toBe(fixed)
})

it.each([
  ['demo://text/7', 'demo://blob/{id}'],
  ['demo://text/7', 'demo://text/{id}/raw'],
  ['x:/ab', 'x:/a'],
  ['y:/a', 'x:/a{?b}'],
  // The fixed parts do not stand on each other.
  ['x:a', 'x:a{v}a'],
  ['abc', 'ab{v}bc'],
])('%s cannot come from %s', (uri, template) => {
  expect(fits(uri, template)).toBeNull()
})

it('takes no longer for a template that was made to', () => {
  const template = `x:${'{a}a'.repeat(5_000)}b`
  expect(fits(`x:${'a'.repeat(20_000)}`, template)).toBeNull()
})
