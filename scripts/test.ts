/**
 * `npm test [-- FILTERS]` and `npm run test:long`: brings what is missing, builds, and runs the tests in a session of
 * their own. Exit codes: 0 all passed, 1 something failed, 2 a program is missing. Further arguments are Vitest's.
 */
import { globSync } from 'node:fs'
import path from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import { buildIfStale } from './build-if-stale.ts'
import { installClientPrograms, installLab, installTrayHost } from './test-lab.ts'
import { ensurePrograms } from './test-programs.ts'
import { lines, report } from './test-report.ts'
import { isInSession, rerunInSession } from './test-session.ts'

const arguments_ = process.argv.slice(2)
const long = arguments_.includes('--long')
process.chdir(path.dirname(import.meta.dirname))
process.exitCode = await main()

async function main(): Promise<number> {
  const inSession = isInSession()
  if (!inSession || process.platform !== 'linux') {
    if (!(await ensurePrograms(long ? 'long' : 'quick'))) return 2
    if ((await buildIfStale()) !== 0) return nothingRan('the build failed')
    if ((await installLab()) !== 0) return nothingRan('the lab could not be installed')
    // What is not there is skipped and counted, with the reason.
    if (long) {
      await installClientPrograms()
      await installTrayHost()
    }
  }
  return inSession ? runTests() : rerunInSession()
}

function nothingRan(reason: string): number {
  const files = globSync('test/**/*.test.ts').length
  console.log(`NOT RUN ${files} (test files: ${reason})\n0 passed, 1 failed, 0 skipped`)
  return 1
}

async function runTests(): Promise<number> {
  const { filter, options } = parseCLI([
    'vitest',
    'run',
    ...arguments_.filter((argument) => argument !== '--long'),
  ])
  process.env.WARDER_TEST_TIER = long ? 'long' : 'quick' // read by vitest.config.ts
  const vitest = await startVitest('test', filter, { ...options, watch: false })
  await vitest.close()
  const result = report(vitest)
  const leftOut = long ? 0 : globSync('test/**/*.long.test.ts').length
  const all = leftOut > 0 ? [`NOT RUN ${leftOut} (files of the long tier: npm run test:long)`] : []
  console.log([...all, ...lines(result)].join('\n'))
  return result.failed > 0 || process.exitCode ? 1 : 0
}
