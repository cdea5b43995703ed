import path from 'node:path'
import { expect, it } from 'vitest'
import { judge, type Runner, readEntries } from '../corpus/corpus.ts'
import * as metadata from '../corpus/runners/metadata.ts'

async function failing(name: string, runner: Runner): Promise<string[]> {
  const file = path.join(import.meta.dirname, `../corpus/${name}.json`)
  const outcomes = await judge(await readEntries(file), runner)
  return outcomes.filter(({ passed }) => !passed).map(({ id }) => id)
}

it('uses every document of the corpus as it should', async () => {
  expect(await failing('metadata', metadata)).toEqual([])
})
