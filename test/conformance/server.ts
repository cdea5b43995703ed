import type { Backend, Door, ServerStage, Upstream } from './server-stage.ts'
import {
  listScenarios,
  type Release,
  type Result,
  runAgainstServer,
  type Scenario,
} from './suite.ts'

/** One line of the report: the scenarios of a revision, at a server directly or through Warder. */
export interface ServerSuite {
  readonly name: string
  readonly revision: string
  readonly release: Release
  readonly backend: Backend
  /** Null: directly. */
  readonly way: { readonly door: Door; readonly upstream: Upstream } | null
}

const next = '0.2.0-alpha.12'
const releases: readonly Release[] = [next, '0.1.16']
const SESSIONS = '2025-11-25'

const ways = (['door', 'shim'] as const).flatMap((door) =>
  (['http', 'stdio'] as const).map((upstream) => ({ door, upstream })),
)

/** Directly, only our own server is held to everything: the reference server lacks what the suite names. */
export const serverSuites: readonly ServerSuite[] = releases.flatMap((release) => [
  suiteOf('sessions', null, release),
  ...(['sessions', 'everything'] as const).flatMap((backend) =>
    ways.map((way) => suiteOf(backend, way, release)),
  ),
])

function suiteOf(backend: Backend, way: ServerSuite['way'], release: Release): ServerSuite {
  const parts = [backend, ...(way === null ? ['direct'] : [way.door, way.upstream])]
  const name = `server-${parts.join('-')}${release === next ? '' : `-${release}`}`
  return { name, revision: SESSIONS, release, backend, way }
}

/**
 * Runs the scenarios of a suite. Through Warder every check counts but those that fail directly as well; that a
 * stranger's page is shut out counts there in any case, and directly in none: neither server looks who calls.
 *
 * @param only the names of scenarios; all when left out
 */
export async function runServerSuite(
  { release, revision, backend, way }: ServerSuite,
  stage: ServerStage,
  only?: readonly string[],
): Promise<Result[]> {
  const scenarios = (await listScenarios(release, revision, 'server'))
    .filter(({ name }) => only === undefined || only.includes(name))
    .map((scenario) => ({ ...scenario, unscored: pending.get(scenario.name) ?? scenario.unscored }))
  const direct = await runAgainstServer(
    release,
    revision,
    stage.direct(backend),
    scenarios.map(leaveToWarder),
  )
  if (way === null) return direct
  await using reached = await stage.through(way.door, backend, way.upstream)
  const asked = scenarios.filter(({ name }) => way.door === 'door' || !ofHttpAlone.has(name))
  const failing = new Set(direct.flatMap(failedChecks))
  return (await runAgainstServer(release, revision, reached.url, asked)).map((result) => ({
    ...result,
    checks: result.checks.filter(({ id }) => !failing.has(`${result.scenario.name} ${id}`)),
  }))
}

/** The earlier release does not say so yet. */
const pending = new Map([['server-sse-polling', 'pending']])

const REBINDING = 'dns-rebinding-protection'

const leaveToWarder = (scenario: Scenario): Scenario =>
  scenario.name === REBINDING ? { ...scenario, unscored: 'left to Warder' } : scenario

/** Over stdio the suite would test the test's own HTTP. */
const ofHttpAlone = new Set([REBINDING, 'server-session-lifecycle', 'server-sse-polling'])

const failedChecks = ({ scenario: { name }, checks }: Result) =>
  name === REBINDING
    ? []
    : checks.filter(({ status }) => status === 'FAILURE').map(({ id }) => `${name} ${id}`)
