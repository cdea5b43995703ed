import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expand } from './expand.ts'

/** The files of a corpus folder and the runners that judge them (README.md beside this file). */

export interface Outcome {
  readonly id: string
  readonly passed: boolean
  /** Where it did not pass; a word or a sentence, never the input itself. */
  readonly reason?: string
}

export interface Runner {
  run(entries: readonly unknown[]): Promise<readonly Outcome[]>
}

const known = ['urls', 'metadata', 'callbacks', 'http', 'stdio', 'secrets']

/** @returns absolute paths by NAME, in the order of the list above; files of other names are left out */
export async function corpusFiles(directory: string): Promise<Map<string, string[]>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.json')).sort()
  const named = known.map((name): [string, string[]] => [
    name,
    files
      .filter((file) => file.slice(0, file.indexOf('.')) === name)
      .map((file) => path.join(directory, file)),
  ])
  return new Map(named.filter(([, paths]) => paths.length > 0))
}

/** @returns the entries with their placeholders written out @throws Error where the file is not a corpus */
export async function readEntries(file: string): Promise<unknown[]> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'))
  const entries = Array.isArray(content) ? content : (content as { entries?: unknown })?.entries
  if (!Array.isArray(entries)) throw new Error(`${path.basename(file)} holds no array of entries`)
  return entries.map((entry) => expand(joined(entry)))
}

const joined = (entry: unknown): unknown =>
  Array.isArray(entry) ? JSON.parse(entry.join('')) : entry

/**
 * Runs all entries; every entry has an outcome afterwards, whatever the runner did.
 * @param runner undefined where nobody has written one
 */
export async function judge(entries: readonly unknown[], runner?: Runner): Promise<Outcome[]> {
  const { outcomes, reason } = await attempt(entries, runner)
  const byId = Map.groupBy(outcomes, (outcome) => outcome.id)
  return entries.map((entry, index) => {
    const id = idOf(entry) ?? `entry ${index}`
    return byId.get(id)?.shift() ?? { id, passed: false, reason }
  })
}

async function attempt(
  entries: readonly unknown[],
  runner?: Runner,
): Promise<{ outcomes: readonly Outcome[]; reason: string }> {
  if (runner === undefined) return { outcomes: [], reason: 'no runner yet' }
  try {
    const outcomes = await runner.run(entries.filter((entry) => idOf(entry) !== undefined))
    return { outcomes, reason: 'the runner did not judge it' }
  } catch (error) {
    return { outcomes: [], reason: `the runner broke: ${error}` }
  }
}

function idOf(entry: unknown): string | undefined {
  const id = (entry as { id?: unknown } | null)?.id
  return typeof id === 'string' ? id : undefined
}
