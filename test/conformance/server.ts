import type { Backend, Door, Era, ServerStage, Upstream } from './server-stage.ts'
import {
  type Check,
  listScenarios,
  type Release,
  type Result,
  runAgainstServer,
  type Scenario,
} from './suite.ts'
import { warmUp } from './ways/warm-up.ts'

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
const SESSIONS = '2025-11-25'
const STATELESS = '2026-07-28'

const ways = (['door', 'shim'] as const).flatMap((door) =>
  (['http', 'stdio'] as const).map((upstream) => ({ door, upstream })),
)
const backends = ['sessions', 'stateless', 'everything'] as const

/** Directly, only our own servers are held to everything: the reference server lacks what the suite names. */
export const serverSuites: readonly ServerSuite[] = [
  ...suitesOf(SESSIONS, next, backends),
  ...suitesOf(STATELESS, next, backends),
  ...suitesOf(SESSIONS, '0.1.16', ['sessions', 'everything']),
]

function eraOf(revision: string): Era {
  return revision === SESSIONS ? 'sessions' : 'stateless'
}

function suitesOf(
  revision: string,
  release: Release,
  behind: readonly Backend[],
): readonly ServerSuite[] {
  return [
    suiteOf(revision, release, eraOf(revision), null),
    ...behind.flatMap((backend) => ways.map((way) => suiteOf(revision, release, backend, way))),
  ]
}

function suiteOf(
  revision: string,
  release: Release,
  backend: Backend,
  way: ServerSuite['way'],
): ServerSuite {
  const parts = [backend, ...(way === null ? ['direct'] : [way.door, way.upstream])]
  const name = `server-${parts.join('-')}${release === next ? '' : `-${release}`}`
  return { name, revision, release, backend, way }
}

/**
 * Runs the scenarios of a suite. Through Warder every check counts but those that fail directly as well, at a server of
 * the era that the suite speaks; that a stranger's page is shut out counts there in any case, and directly in none:
 * no server looks who calls.
 *
 * @param only the names of scenarios; all when left out
 */
export async function runServerSuite(
  { release, revision, backend, way }: ServerSuite,
  stage: ServerStage,
  only?: readonly string[],
): Promise<Result[]> {
  const scenarios = async (revision: string) =>
    (await listScenarios(release, revision, 'server'))
      .filter(({ name }) => only === undefined || only.includes(name))
      .map((one) => ({ ...one, unscored: pending.get(one.name) ?? one.unscored }))
  const era = eraOf(revision)
  // The reference server has sessions only.
  const [reference, spoken] =
    backend === 'everything' ? [backend, SESSIONS] : ([era, revision] as const)
  const direct = await runAgainstServer(
    release,
    spoken,
    stage.direct(reference),
    (await scenarios(spoken)).map(leaveToWarder),
  )
  if (way === null) return direct

  await using reached = await stage.through(way.door, era, backend, way.upstream)
  if (era === 'stateless') await warmUp(reached.url, revision)
  const comparable = new Set(direct.map(({ scenario }) => scenario.name))
  const asked = (await scenarios(revision))
    .filter(({ name }) => way.door === 'door' || !ofHttpAlone.has(name))
    .map((one) => (comparable.has(one.name) ? one : { ...one, unscored: 'not run directly' }))
  const failing = new Set(direct.flatMap(failedChecks))
  const isOfTheWay = ({ id }: Check) => way.door === 'door' || !checksOfHttp.test(id)
  const unable = era === 'stateless' && backend !== 'stateless' ? notOfSessions : noChecks
  return (await runAgainstServer(release, revision, reached.url, asked)).flatMap((result) => {
    const { scenario } = result
    const checks = result.checks.filter(
      (check) => isOfTheWay(check) && !failing.has(`${scenario.name} ${check.id}`),
    )
    const [may, cannot] = [false, true].map((is) =>
      checks.filter(({ id }) => unable.has(id) === is),
    )
    const asides = (cannot ?? []).map((check) => ({
      ...result,
      scenario: { name: `${scenario.name} ${check.id}`, unscored: unable.get(check.id) ?? null },
      checks: [check],
    }))
    return [{ ...result, checks: may ?? [] }, ...asides]
  })
}

const noChecks: ReadonlyMap<string, string> = new Map()
/** What a server with sessions cannot say, whoever translates it. */
const notOfSessions: ReadonlyMap<string, string> = new Map([
  ['sep-2322-elicitation-incomplete', 'questions of a session have no names'],
  ['sep-2322-multiple-inputs-incomplete', 'questions of a session come one by one'],
  ['sep-2575-server-rejects-undeclared-capability', 'in a session its question is refused'],
  ['sep-2575-missing-capability-http-400', 'in a session its question is refused'],
])

/** The earlier release does not say so yet. */
const pending = new Map([['server-sse-polling', 'pending']])

const REBINDING = 'dns-rebinding-protection'

const leaveToWarder = (scenario: Scenario): Scenario =>
  scenario.name === REBINDING ? { ...scenario, unscored: 'left to Warder' } : scenario

/** Over stdio the suite would test the test's own HTTP. */
const ofHttpAlone = new Set([
  REBINDING,
  'http-custom-header-server-validation',
  'http-header-validation',
  'server-session-lifecycle',
  'server-sse-polling',
])

/** On stdio there are no headers and no status, and a message without `_meta` belongs to a session. */
const checksOfHttp = /-http-|-request-meta-invalid-missing-/

const failedChecks = ({ scenario: { name }, checks }: Result) =>
  name === REBINDING
    ? []
    : checks.filter(({ status }) => status === 'FAILURE').map(({ id }) => `${name} ${id}`)
