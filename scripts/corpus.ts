/** `npm run corpus -- [--dir DIR] [--only NAME,…]`: runs files of hostile and benign inputs against the product. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  corpusFiles,
  judge,
  type Outcome,
  type Runner,
  readEntries,
} from '../test/corpus/corpus.ts'
import { usage } from './usage.ts'

const home = path.join(import.meta.dirname, '../test/corpus')

const { dir, only } = usage(options)
const files = await corpusFiles(dir)
let allPassed = true
for (const name of only ?? files.keys()) {
  const outcomes = await runCorpus(name, files.get(name) ?? [])
  const failures = outcomes.filter((outcome) => !outcome.passed)
  console.log(`${name} ${outcomes.length - failures.length}/${outcomes.length}`)
  for (const { id, reason } of failures) console.log(`  ${id}: ${reason ?? 'failed'}`)
  // A corpus that was asked for and has no entry proves nothing.
  allPassed &&= failures.length === 0 && outcomes.length > 0
}
// What a runner left open must not keep a finished run alive.
process.exit(allPassed && files.size > 0 ? 0 : 1)

function options(): { dir: string; only: string[] | undefined } {
  const { values } = parseArgs({ options: { dir: { type: 'string' }, only: { type: 'string' } } })
  const chosen = path.resolve(values.dir ?? home)
  if (!existsSync(chosen)) throw new Error(`There is no folder ${chosen}.`)
  return { dir: chosen, only: values.only?.split(',').filter(Boolean) }
}

async function runCorpus(name: string, paths: readonly string[]): Promise<Outcome[]> {
  if (paths.length === 0) console.error(`There is no file for ${name} in ${dir}.`)
  try {
    const entries = (await Promise.all(paths.map(readEntries))).flat()
    return await judge(entries, await runnerOf(name))
  } catch (error) {
    return [{ id: name, passed: false, reason: `cannot be read: ${error}` }]
  }
}

async function runnerOf(name: string): Promise<Runner | undefined> {
  const module = path.join(home, 'runners', `${name}.ts`)
  return /^[a-z]+$/.test(name) && existsSync(module) ? await import(module) : undefined
}
