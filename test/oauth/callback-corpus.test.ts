import path from 'node:path'
import { expect, it } from 'vitest'
import { judge, readEntries } from '../corpus/corpus.ts'
import * as callbacks from '../corpus/runners/callbacks.ts'

it('answers every callback of the corpus as it should', async () => {
  const file = path.join(import.meta.dirname, '../corpus/callbacks.json')
  const outcomes = await judge(await readEntries(file), callbacks)
  expect(outcomes.filter(({ passed }) => !passed)).toEqual([])
})
