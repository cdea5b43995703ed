import { stripVTControlCharacters } from 'node:util'
import type { TestCase, TestModule, Vitest } from 'vitest/node'

export interface Report {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What failed, one line each: the file, the test's whole name, the first line of its message. */
  readonly failures: readonly string[]
  /** Reason → how many tests were skipped for it. */
  readonly reasons: ReadonlyMap<string, number>
}

/**
 * Counts what a finished run left behind. A file that could not be loaded, a hook or an unhandled rejection that
 * failed outside every test counts as one failure each.
 */
export function report(vitest: Vitest): Report {
  const modules = vitest.state.getTestModules()
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (state: string) => tests.filter((test) => test.result().state === state)
  const failures = [
    ...[...inState('failed'), ...inState('pending')].map(failureOf),
    ...modules.flatMap((module) =>
      outside(module).map((error) => line(module.relativeModuleId, error)),
    ),
    ...vitest.state.getUnhandledErrors().map((error) => line('outside every test', error)),
  ]
  return {
    passed: inState('passed').length,
    failed: failures.length,
    skipped: inState('skipped').length,
    failures,
    reasons: countReasons(tests),
  }
}

const failureOf = (test: TestCase) =>
  line(`${test.module.relativeModuleId} > ${test.fullName}`, test.result().errors?.[0])

const outside = (module: TestModule) => [
  ...module.errors(),
  ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
]

/** One line of plain text, whatever the error is: an assertion's message may be a page long and in colours. */
function line(where: string, error: unknown): string {
  const message =
    error instanceof Object && 'message' in error ? String(error.message) : 'did not end'
  return `${where}: ${stripVTControlCharacters(message).split('\n', 1)[0]?.slice(0, 300)}`
}

function countReasons(tests: readonly TestCase[]): Map<string, number> {
  const reasons = new Map<string, number>()
  for (const test of tests) {
    const result = test.result()
    if (result.state !== 'skipped') continue
    const reason = result.note ?? 'not selected, or its setup failed'
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  return reasons
}

/** The end of every run: what was left out and why, what failed, then the counts, on the last line. */
export function lines({ passed, failed, skipped, failures, reasons }: Report): string[] {
  return [
    ...[...reasons].map(([reason, count]) => `NOT RUN ${count} (${reason})`),
    ...failures.map((failure) => `FAILED ${failure}`),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ]
}
