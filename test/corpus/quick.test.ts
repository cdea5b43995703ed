import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { judge, readEntries } from './corpus.ts'
import { run as runHttp } from './runners/http.ts'
import { entrySchema, holds, redacted, run as runSecrets } from './runners/secrets.ts'
import { run as runStdio } from './runners/stdio.ts'

/** The entries of the doors that cost little, so that a change that lets one through is seen at once; `npm run corpus` has all. */

interface Entry {
  readonly id: string
  readonly class: string
}

const entriesOf = async (file: string) =>
  (await readEntries(path.join(import.meta.dirname, file))) as Entry[]

/** What is generated is large, long, or ends processes. */
const isWritten = (entry: Entry) => !JSON.stringify(entry).includes('"gen"')

const failed = async (entries: Entry[], run: typeof runStdio) =>
  (await judge(entries, { run })).filter(({ passed }) => !passed)

describe('the quick entries of the corpus', () => {
  const stdio = [
    'good',
    'encoding',
    'shape',
    'ids',
    'unsolicited',
    'bomb',
    'tools',
    'result',
    'client',
  ]
  it.each(stdio)('of stdio, %s', async (kind) => {
    const entries = (await entriesOf('stdio.json')).filter(
      (entry) => entry.class === kind && isWritten(entry),
    )
    expect(entries.length).toBeGreaterThan(3)
    expect(await failed(entries, runStdio)).toEqual([])
  })

  it('of http', async () => {
    const entries = (await entriesOf('http.json')).filter(isWritten)
    expect(entries.length).toBeGreaterThan(110)
    expect(await failed(entries, runHttp)).toEqual([])
  })

  it('of secrets: everything that was planted is found, and nothing harmless is harmed', async () => {
    const entries = await entriesOf('secrets.split.json')
    expect(entries.length).toBeGreaterThan(140)
    expect(await failed(entries, runSecrets)).toEqual([])
  })

  it('of secrets: what nobody can promise to find, and is found all the same', async () => {
    const entries = (await entriesOf('secrets.split.json'))
      .map((entry) => entrySchema.parse(entry))
      .filter(({ expect: wanted }) => wanted === 'best-effort')
    const open = entries.filter((entry) => {
      const after = redacted(entry)
      return entry.secrets.some((secret) => holds(after, secret))
    })
    // A token in two pieces, one over two lines, and a card's number, which is no credential.
    expect(open.map(({ id }) => id)).toEqual(['sec-encoded-08', 'sec-encoded-09', 'sec-live-09'])
  })
})
