import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEntries } from '../corpus/corpus.ts'
import { type Entry, entrySchema, openedForms } from '../corpus/runners/urls.ts'
import { testHome } from '../harness/home.ts'
import { cannotWatch, type Watched, watch } from '../harness/strace.ts'

/**
 * CVE-2025-6514 and its kin: a URL of a server that ends as a command. What the kernel was asked to start is what counts,
 * not what an opener says of itself.
 */
const corpus = path.join(import.meta.dirname, '../corpus/urls.json')
const reason = cannotWatch()

/** Lets a shell deal with every entry under the kernel's eyes. @returns what is wrong, by entry */
async function judge(shell: string) {
  await using home = await testHome()
  const launcher = path.join(home.path, 'xdg-open')
  await symlink('/bin/true', launcher)
  const env = { ...process.env, PATH: `${home.path}:${process.env.PATH}` }
  const program = path.join(import.meta.dirname, 'fixtures/open-urls.ts')
  const { marks, stdout } = await watch([program, corpus, shell], env)
  const refused: string[] = JSON.parse(stdout)
  const entries = (await readEntries(corpus)).map((raw) => entrySchema.parse(raw))
  expect([...marks.keys()]).toEqual([...entries.map(({ id }) => id), 'end'])
  const wrong = entries.flatMap((entry) => {
    const fault = faultOf(entry, marks.get(entry.id), launcher)
    return fault === null ? [] : [`${entry.id}: ${fault}`]
  })
  return { entries, refused, wrong }
}

function faultOf(entry: Entry, watched: Watched | undefined, launcher: string): string | null {
  const opens = entry.expect === 'accept' && entry.field === 'authorization_endpoint'
  const { execs = [], processes = -1 } = watched ?? {}
  if (execs.length !== (opens ? 1 : 0) || processes !== (opens ? 1 : 0))
    return `${execs.length} programs, ${processes} processes`
  const [exec] = execs
  if (!opens || exec === undefined) return null
  if (exec.file !== launcher) return 'another program'
  const [name, url = '', ...more] = exec.argv
  const whole = name === 'xdg-open' && more.length === 0 && openedForms(entry).includes(url)
  return whole ? null : 'not one argument, byte for byte'
}

describe('what the kernel is asked to start', () => {
  it.for(['headless', 'desktop'])(
    'for each URL of the corpus in the %s shell is nothing, or xdg-open with one argument',
    async (shell, { skip }) => {
      skip(reason !== null, `no process could be watched: ${reason}`)
      const { entries, refused, wrong } = await judge(shell)
      expect(wrong).toEqual([])
      const hostile = entries.filter((entry) => entry.expect === 'reject').map(({ id }) => id)
      expect(refused).toEqual(hostile)
      expect(hostile.length).toBeGreaterThan(100)
    },
  )

  it('is noticed where an opener is careless', async ({ skip }) => {
    skip(reason !== null, `no process could be watched: ${reason}`)
    const { entries, wrong } = await judge('careless')
    // All but the few that no process can be started with (a NUL inside).
    expect(wrong.length).toBeGreaterThan(entries.length - 10)
  })
})
