/**
 * `npm run bench -- [--json] [--strict] [--brief] [--only CASE,…] [--docs]`: measures Warder, the floor and the peers in one
 * run. Prints one JSON document with `--json`, else a table. `--docs` writes `docs/performance.md` and its plot. `--brief`
 * only shows that everything runs. Exit codes: 0 measured, 1 a wanted ratio is missed (`--strict`) or a case failed, 2 wrong
 * usage or no build.
 */
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { growthCase } from '../test/bench/cases/growth.ts'
import { httpToStdioCase } from '../test/bench/cases/http-to-stdio.ts'
import { largeCase } from '../test/bench/cases/large.ts'
import { machineCase } from '../test/bench/cases/machine.ts'
import { memoryCase } from '../test/bench/cases/memory.ts'
import { realServerCase } from '../test/bench/cases/real-server.ts'
import type { CaseResult } from '../test/bench/cases/result.ts'
import { startCase } from '../test/bench/cases/start.ts'
import { stdioToHttpCase } from '../test/bench/cases/stdio-to-http.ts'
import { windowCase } from '../test/bench/cases/window.ts'
import { BRIEF, type Effort, FULL } from '../test/bench/measure.ts'
import { page, plot, table } from '../test/bench/report.ts'
import { buildIfStale } from './build-if-stale.ts'
import { installPackages } from './install-packages.ts'
import { usage } from './usage.ts'

const cases: Readonly<Record<string, (effort: Effort) => Promise<CaseResult>>> = {
  machine: machineCase,
  'stdio-to-http': stdioToHttpCase,
  'http-to-stdio': httpToStdioCase,
  'real-server': realServerCase,
  start: startCase,
  memory: memoryCase,
  large: largeCase,
  growth: growthCase,
  window: windowCase,
}

process.chdir(path.dirname(import.meta.dirname))
const options = usage(readOptions)
if ((await buildIfStale()) !== 0) process.exit(2)
if ((await installPackages('test/bench/peers', 'Installing the peers…')) !== 0)
  console.error('The peers could not be installed; they are left out.')

const results: CaseResult[] = []
const failed: { name: string; message: string }[] = []
for (const [name, run] of Object.entries(cases)) {
  if (options.only !== undefined && !options.only.includes(name)) continue
  console.error(`${name} …`)
  try {
    const result = await run(options.brief ? BRIEF : FULL)
    results.push(result)
    if (!options.json) console.log(table(result))
  } catch (error) {
    failed.push({ name, message: error instanceof Error ? error.message : String(error) })
    console.error(`${name} failed: ${failed.at(-1)?.message}`)
  }
}
const missed = results.flatMap(({ name, wanted }) =>
  wanted.filter(({ met }) => !met).map(({ what }) => `${name}: ${what}`),
)
const run = {
  at: new Date().toISOString(),
  node: process.version,
  machine: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}, ${os.platform()}`,
  brief: options.brief,
  results,
  missed,
  failed,
}
if (options.json) console.log(JSON.stringify(run))
else console.log(missed.length === 0 ? 'Nothing wanted is missed.' : `Missed: ${missed.join('; ')}`)
if (options.docs) {
  writeFileSync('docs/performance.md', page(run))
  writeFileSync('docs/performance.svg', plot(results))
}
process.exitCode = failed.length > 0 || (options.strict && missed.length > 0) ? 1 : 0

function readOptions() {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: { json: flag, strict: flag, brief: flag, docs: flag, only: { type: 'string' } },
  })
  const only = values.only?.split(',').filter(Boolean)
  const unknown = only?.find((name) => !Object.hasOwn(cases, name))
  if (unknown !== undefined)
    throw new Error(`There is no case ${unknown}: ${Object.keys(cases).join(', ')}.`)
  return { ...values, only }
}
