import { expect, it } from 'vitest'
import { MAX_INPUT } from '../../main/control/http.ts'
import { plainInput } from '../../main/desktop/plain-input.ts'

const circle: Record<string, unknown> = {}
circle.self = circle
const deep = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)

it('takes what HTTP would have carried', () => {
  for (const input of [{}, { name: 'é', list: [1, null, 'x'] }, null, 'text', deep])
    expect(plainInput(input)).toEqual(input)
  expect(plainInput({ at: new Date(0), map: new Map([[1, 2]]), no: Number.NaN })).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    map: {},
    no: null,
  })
})

it.each([
  ['a circle', circle],
  ['nothing', undefined],
  ['a number without end', { n: 1n }],
  ['more than HTTP takes', { value: 'y'.repeat(MAX_INPUT) }],
])('refuses %s', (_what, input) => {
  expect(() => plainInput(input)).toThrow(expect.objectContaining({ code: 'usage.invalid' }))
})
