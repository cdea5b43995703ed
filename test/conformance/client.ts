import { listScenarios, type Release, type Result, runScenario, type Scenario } from './suite.ts'

/** One line of the report: a set of scenarios that a revision of the specification requires of clients. */
export interface Suite {
  readonly name: string
  readonly revision: string
  readonly release: Release
  /** The revision of the protocol that the suite's servers speak; the release's only one when left out. */
  readonly wire?: string
  scenarios(): Promise<Scenario[]>
}

const next = '0.2.0-alpha.12'
const SESSION_WIRE = '2025-11-25'
/** Its servers know no `initialize`; the client that is driven opens with nothing else. */
const STATELESS_WIRE = '2026-07-28'

const isRequired = ({ unscored }: Scenario) => unscored === null
/** Extensions that Warder has: what the suite never scores counts here. */
const extensions = [
  'auth/dpop',
  'auth/dpop-nonce',
  'auth/client-credentials-basic',
  'auth/client-credentials-jwt',
]
const isOAuth = ({ name }: Scenario) => name.startsWith('auth/')

/**
 * What Warder is held to as a client. The OAuth scenarios of 2026-07-28 are run over the wire of 2025-11-25: what they
 * check lies between Warder and the provider.
 */
export const clientSuites: readonly Suite[] = [
  {
    name: 'client',
    revision: '2025-11-25',
    release: next,
    wire: SESSION_WIRE,
    scenarios: () => listScenarios(next, '2025-11-25'),
  },
  {
    name: 'client',
    revision: '2026-07-28',
    release: next,
    wire: STATELESS_WIRE,
    scenarios: async () =>
      (await listScenarios(next, '2026-07-28')).filter((one) => !isOAuth(one) && isRequired(one)),
  },
  {
    name: 'client-oauth',
    revision: '2026-07-28',
    release: next,
    wire: SESSION_WIRE,
    scenarios: async () =>
      (await listScenarios(next, '2026-07-28')).filter((one) => isOAuth(one) && isRequired(one)),
  },
  {
    name: 'client-extensions',
    revision: '2026-07-28',
    release: next,
    wire: SESSION_WIRE,
    scenarios: async () =>
      (await listScenarios(next, '2026-07-28'))
        .filter(({ name }) => extensions.includes(name))
        .map((one) => ({ ...one, unscored: null })),
  },
  {
    name: 'client-0.1.16',
    revision: '2025-11-25',
    release: '0.1.16',
    scenarios: () => listScenarios('0.1.16', '2025-11-25'),
  },
]

/** Each scenario has processes of its own, and the machine of a person two cores or more. */
const SIDE_BY_SIDE = 2

/** Runs the scenarios of a suite, in their order. @param only their names; all when left out */
export async function runSuite(suite: Suite, only?: readonly string[]): Promise<Result[]> {
  const scenarios = (await suite.scenarios()).filter(
    ({ name }) => only === undefined || only.includes(name),
  )
  const results: Result[] = []
  const waiting = scenarios.entries()
  const worker = async () => {
    for (const [index, scenario] of waiting) results[index] = await runOnce(suite, scenario)
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  return results
}

const runs = new Map<string, Promise<Result>>()

/** Two revisions may require the same of the same wire: that is one run, which counts for both. */
async function runOnce({ release, wire }: Suite, scenario: Scenario): Promise<Result> {
  const key = [release, wire, scenario.name].join(' ')
  const result = runs.get(key) ?? runScenario(release, scenario, wire)
  runs.set(key, result)
  return { ...(await result), scenario }
}
