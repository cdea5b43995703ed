/**
 * `npm run conformance -- [client] [--only SCENARIO,…]`: the official suite against the shipped Warder. A line
 * `SUITE REVISION passed/total` counts the checks of each suite that are required; what is not scored stands apart.
 * Exit codes: 0 no required check failed, 1 one did, 2 wrong usage or no build.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { clientSuites, runSuite, type Suite } from '../test/conformance/client.ts'
import { isScored, shortcomings, tally } from '../test/conformance/report.ts'
import { buildIfStale } from './build-if-stale.ts'

process.chdir(path.dirname(import.meta.dirname))
const { only, all } = options()
if ((await buildIfStale()) !== 0) process.exit(2)

let allPassed = true
for (const suite of clientSuites) allPassed = (await report(suite)) && allPassed
if (all) console.log('NOT RUN server (there is no run of the server scenarios yet)')
process.exitCode = allPassed ? 0 : 1

/** @returns false where a required check failed */
async function report(suite: Suite): Promise<boolean> {
  const results = await runSuite(suite, only)
  if (results.length === 0) return true
  const scored = results.filter(isScored)
  const { passed, total } = tally(scored)
  console.log(`${suite.name} ${suite.revision} ${passed}/${total}`)
  for (const line of scored.flatMap(shortcomings)) console.log(line)
  for (const result of results.filter((one) => !isScored(one))) {
    const { passed, total } = tally([result])
    const { name, unscored } = result.scenario
    console.log(`  unscored (${unscored}) ${name} ${passed}/${total}`)
  }
  return passed === total
}

function options(): { only: readonly string[] | undefined; all: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { only: { type: 'string' } },
    })
    if (positionals.some((what) => what !== 'client')) throw new Error('Say client, or nothing.')
    return {
      only: values.only?.split(',').filter(Boolean),
      all: positionals.length === 0,
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}
