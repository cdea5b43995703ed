import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEntries } from '../corpus/corpus.ts'
import { run } from '../corpus/runners/urls.ts'

describe('the corpus', () => {
  it('is judged right in every entry, hostile and benign', async () => {
    const entries = await readEntries(path.join(import.meta.dirname, '../corpus/urls.json'))
    const outcomes = await run(entries)
    expect(outcomes).toHaveLength(194)
    expect(outcomes.filter((outcome) => !outcome.passed)).toEqual([])
  })

  it('would notice a policy that lets everything or nothing pass', async () => {
    const [entry] = await readEntries(path.join(import.meta.dirname, '../corpus/urls.json'))
    const base = entry as Record<string, unknown>
    const harmless = { ...base, input: 'https://idp.example/authorize' }
    expect(await run([harmless])).toMatchObject([{ passed: false, reason: 'was accepted' }])
    expect(await run([{ ...base, expect: 'accept' }])).toMatchObject([
      { passed: false, reason: expect.stringContaining('was refused') },
    ])
  })
})
