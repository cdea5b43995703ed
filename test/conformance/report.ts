import type { Check, Result } from './suite.ts'

export interface Tally {
  readonly passed: number
  readonly total: number
}

/** Checks that a client can pass or fail; a warning is neither. */
export function tally(results: readonly Result[]): Tally {
  const judged = results.flatMap(({ checks }) => checks).filter(isJudged)
  return {
    passed: judged.filter(({ status }) => status === 'SUCCESS').length,
    total: judged.length,
  }
}

const isJudged = ({ status }: Check) => status === 'SUCCESS' || status === 'FAILURE'

export const isScored = ({ scenario }: Result) => scenario.unscored === null

/** What a scenario did not pass, by its checks, and what the client said as it stopped. */
export function shortcomings({ scenario, checks, said }: Result): string[] {
  const short = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
  const lines = short.map(({ id, status, what }) => `  ${status} ${scenario.name} ${id}: ${what}`)
  return short.some(({ status }) => status === 'FAILURE') && said !== ''
    ? [...lines, `    the client said: ${said.split('\n').join(' ').slice(0, 500)}`]
    : lines
}

/** The same, without warnings. */
export const failures = (result: Result): string[] =>
  shortcomings({
    ...result,
    checks: result.checks.filter(({ status }) => status !== 'WARNING'),
  })
