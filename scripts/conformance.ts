/**
 * `npm run conformance -- [client|server] [--only SCENARIO,…]`: the official suite against the shipped Warder, as a client
 * and as what stands before a server. A line `SUITE REVISION passed/total` counts the checks of each suite that are
 * required; what is not scored stands apart.
 * Exit codes: 0 no required check failed, 1 one did, 2 wrong usage or no build.
 */
import path from 'node:path'
import { parseArgs } from 'node:util'
import { clientSuites, runSuite } from '../test/conformance/client.ts'
import { isScored, shortcomings, tally } from '../test/conformance/report.ts'
import { runServerSuite, serverSuites } from '../test/conformance/server.ts'
import { openServerStage } from '../test/conformance/server-stage.ts'
import type { Result } from '../test/conformance/suite.ts'
import { buildIfStale } from './build-if-stale.ts'
import { usage } from './usage.ts'

process.chdir(path.dirname(import.meta.dirname))
const { only, sides } = usage(options)
if ((await buildIfStale()) !== 0) process.exit(2)

let allPassed = true
if (sides.includes('client'))
  for (const suite of clientSuites) report(suite, await runSuite(suite, only))
if (sides.includes('server')) {
  await using stage = await openServerStage()
  for (const suite of serverSuites) report(suite, await runServerSuite(suite, stage, only))
}
process.exitCode = allPassed ? 0 : 1

function report(suite: { name: string; revision: string }, results: readonly Result[]): void {
  if (results.length === 0) return
  const scored = results.filter(isScored)
  const { passed, total } = tally(scored)
  console.log(`${suite.name} ${suite.revision} ${passed}/${total}`)
  for (const line of scored.flatMap(shortcomings)) console.log(line)
  for (const result of results.filter((one) => !isScored(one))) {
    const { passed, total } = tally([result])
    const { name, unscored } = result.scenario
    console.log(`  unscored (${unscored}) ${name} ${passed}/${total}`)
  }
  if (passed < total) allPassed = false
}

function options(): { only: readonly string[] | undefined; sides: readonly string[] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' } },
  })
  const known = ['client', 'server']
  if (positionals.some((what) => !known.includes(what)))
    throw new Error('Say client, or server, or nothing for both.')
  return {
    only: values.only?.split(',').filter(Boolean),
    sides: positionals.length === 0 ? known : positionals,
  }
}
