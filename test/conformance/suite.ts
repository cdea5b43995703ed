import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { testHome } from '../harness/home.ts'
import { bareEnvironment } from '../harness/processes.ts'

/**
 * The official suite (`@modelcontextprotocol/conformance`) as two of its releases have it: the last that is meant for
 * everybody, and the one that knows which scenarios a revision requires.
 */
const releases = {
  '0.1.16': entryOf('@modelcontextprotocol/conformance'),
  '0.2.0-alpha.12': entryOf('conformance-next'),
} as const

export type Release = keyof typeof releases

/** One scenario of a suite, and whether what comes of it counts. */
export interface Scenario {
  readonly name: string
  /** Why it is run and reported but never counts, in the suite's own word; null where it counts. */
  readonly unscored: string | null
}

export interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO' | 'SKIPPED'
  readonly what: string
}

export interface Result {
  readonly scenario: Scenario
  /** Without those that only inform. */
  readonly checks: readonly Check[]
  /** What the client wrote to stderr: why it stopped, where it did. */
  readonly said: string
}

const root = path.join(import.meta.dirname, '..', '..')
const run = promisify(execFile)
/** The suite runs its command in a shell that splits at every space, so both are named without one. */
const driver = 'node test/conformance/client-driver.ts'
const DEADLINE_MS = 45_000
/** Of all scenarios together: a server that hangs in each of them is cut short. */
const SERVER_DEADLINE_MS = 240_000

const checksSchema = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'INFO', 'SKIPPED']),
    description: z.string(),
    errorMessage: z.string().optional(),
  }),
)

function entryOf(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return path.join(path.dirname(manifest), 'dist', 'index.js')
}

/** Who is tested. */
export type Side = 'client' | 'server'

/** What the suite has for one side, and which of it a revision of the specification requires. */
export function listScenarios(
  release: Release,
  revision: string,
  side: Side = 'client',
): Promise<Scenario[]> {
  const key = `${release} ${revision} ${side}`
  const list = lists.get(key) ?? readScenarios(release, revision, side)
  lists.set(key, list)
  return list
}

const lists = new Map<string, Promise<Scenario[]>>()

async function readScenarios(release: Release, revision: string, side: Side): Promise<Scenario[]> {
  const knowsRequirements = release !== '0.1.16'
  const wanted = knowsRequirements ? ['--requirements', revision] : [`--${side}`]
  const { stdout } = await run(process.execPath, [releases[release], 'list', ...wanted])
  return knowsRequirements ? readRequirements(stdout, side) : readList(stdout, revision)
}

/** Lines `  - NAME [REVISIONS]`. */
function readList(text: string, revision: string): Scenario[] {
  return [...text.matchAll(/^ {2}- (\S+) \[(.+)\]$/gm)].map(([, name = '', revisions]) => ({
    name,
    // Of extensions, of revisions before, and of drafts, which the requirements of the next revision have taken over.
    unscored: revisions?.split(',').includes(revision) ? null : (revisions ?? 'not scored'),
  }))
}

/** A required one is a line `  - NAME` below the heading of its side; the rest says `[client]` and, above it, why. */
function readRequirements(text: string, side: Side): Scenario[] {
  const [, servers = '', clients = '', unscored = ''] = text.split(
    /^Server scenarios.*$|^Client scenarios.*$|^Run and reported.*$/m,
  )
  const required = side === 'client' ? clients : servers
  const scored = [...required.matchAll(/^ {2}- (\S+)$/gm)].map(([, name = '']) => ({
    name,
    unscored: null,
  }))
  const others = unscored.split(/^ {2}(?=[a-z])/m).flatMap((group) => {
    const reason = /^[a-z-]+/.exec(group)?.[0] ?? 'not scored'
    return [...group.matchAll(/^ {4}- (\S+) \[(\w+)\]$/gm)]
      .filter(([, , whose]) => whose === side)
      .map(([, name = '']) => ({ name, unscored: reason }))
  })
  return [...scored, ...others]
}

/** @param wire the revision that the suite speaks; its own choice when left out (only one release has one) */
export async function runScenario(
  release: Release,
  scenario: Scenario,
  wire?: string,
): Promise<Result> {
  await using output = await testHome()
  const args = [
    ...['client', '--command', driver, '--scenario', scenario.name, '-o', output.path],
    ...['--timeout', String(DEADLINE_MS)],
    ...(wire === undefined ? [] : ['--spec-version', wire, '--force']),
  ]
  await runSuiteProgram(release, args, DEADLINE_MS * 2)
  // Awaited here: the folder is gone when this function returns.
  return await readResult(scenario, output.path, '**')
}

/**
 * Runs scenarios against a server, all of them in one process, which takes seconds.
 *
 * @param revision what the suite speaks, and whose scenarios it runs
 */
export async function runAgainstServer(
  release: Release,
  revision: string,
  url: string,
  scenarios: readonly Scenario[],
): Promise<Result[]> {
  await using output = await testHome()
  const target = ['server', '--url', url, '-o', output.path]
  const [only, ...others] = scenarios
  const chosen =
    only !== undefined && others.length === 0
      ? ['--scenario', only.name, '--spec-version', revision]
      : release === '0.1.16'
        ? ['--suite', 'all', '--spec-version', revision]
        : ['--requirements', revision]
  await runSuiteProgram(release, [...target, ...chosen], SERVER_DEADLINE_MS)
  return await Promise.all(
    scenarios.map((scenario) =>
      // A name may begin like another one; what follows is the time.
      readResult(scenario, output.path, `server-${scenario.name}-[0-9][0-9][0-9][0-9]-*`),
    ),
  )
}

/** Its exit code says less than its checks do, and counts a client that rightly gave up as a failure. */
async function runSuiteProgram(
  release: Release,
  args: readonly string[],
  timeout: number,
): Promise<void> {
  const env = {
    ...bareEnvironment(),
    PATH: [path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
  }
  const maxBuffer = 64 * 1024 * 1024
  await run(process.execPath, [releases[release], ...args], {
    cwd: root,
    env,
    timeout,
    maxBuffer,
  }).catch(() => {})
}

async function readResult(scenario: Scenario, folder: string, where: string): Promise<Result> {
  const [file] = globSync(`${where}/checks.json`, { cwd: folder })
  if (file === undefined) return { scenario, checks: [didNotRun], said: '' }
  const result = path.dirname(path.join(folder, file))
  const checks = checksSchema.parse(JSON.parse(await readFile(path.join(folder, file), 'utf8')))
  const stderr = path.join(result, 'stderr.txt')
  return {
    scenario,
    checks: checks
      .filter(({ status }) => status !== 'INFO')
      .map(({ id, status, description, errorMessage }) => ({
        id,
        status,
        what: errorMessage ?? description,
      })),
    said: existsSync(stderr) ? (await readFile(stderr, 'utf8')).trim() : '',
  }
}

const didNotRun: Check = {
  id: 'suite',
  status: 'FAILURE',
  what: 'the suite left no result behind',
}
