import type { TestCase, TestModule, Vitest } from 'vitest/node'

export interface Report {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
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
  const inState = (state: string) => tests.filter((test) => test.result().state === state).length
  const unhandled = vitest.state.getUnhandledErrors().length
  return {
    passed: inState('passed'),
    failed: inState('failed') + inState('pending') + unhandled + modules.flatMap(outside).length,
    skipped: inState('skipped'),
    reasons: countReasons(tests),
  }
}

const outside = (module: TestModule) => [
  ...module.errors(),
  ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
]

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

/** The end of every run: what was left out and why, then the counts, on the last line. */
export function lines({ passed, failed, skipped, reasons }: Report): string[] {
  return [
    ...[...reasons].map(([reason, count]) => `NOT RUN ${count} (${reason})`),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ]
}
