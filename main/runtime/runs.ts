import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalJson } from '../audit/canonical-json.ts'
import { isWarderError, WarderError } from '../errors.ts'
import { createEmitter, type Emitter } from '../events.ts'
import { quote } from '../servers/servers.ts'
import { type LocalServer, parseReference } from '../store/config-schema.ts'
import { type Pin, pinLines } from '../store/pin-schema.ts'
import { findCommand } from './command.ts'
import { childEnvironment } from './environment.ts'
import { interpreterOf, scriptsOf } from './interpreters.ts'
import { type Npm, npmCommand } from './npm.ts'
import { createOwnership } from './ownership.ts'
import type { NpmPackage, Packages } from './packages.ts'
import { runnerOf } from './runners.ts'
import { asNodeReads, exists, isDirectory, packageAround, shebang } from './scripts.ts'

/** What is started for a local server. */
export interface Run {
  /** Absolute path. */
  readonly file: string
  readonly args: readonly string[]
  /** Absolute. */
  readonly cwd: string
  readonly pin: Pin
}

export interface LocalDefinition {
  readonly name: string
  readonly definition: LocalServer
}

/** What the commands of local servers come to on this machine (ADR 17). */
export interface Runs {
  /**
   * What a definition would run now; where it was approved, the version of its package that was.
   * @throws WarderError `server.start_failed` where it is not there, `server.unpinned`, `server.unsafe`
   */
  resolve(server: LocalDefinition): Promise<Run>
  /**
   * The same for a start, installed where that was not done: only what a person has approved.
   * @throws WarderError as above, and `server.held` where nobody approved it, `server.changed` where it is another one
   */
  confirmed(server: LocalDefinition): Promise<Run>
  /** Packages that are being installed now, by the server that waits for it. */
  installing(): readonly Installing[]
  /** Ends the installation that a server waits for, if it does; the next start begins it anew. */
  giveUp(server: string): void
  readonly events: Emitter<{ installing: [] }>
}

export interface Installing {
  readonly server: string
  readonly name: string
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

interface Resolved extends Run {
  readonly install?: { readonly wanted: NpmPackage; readonly npm: Npm }
  /** Everything that decides what runs; nobody else may be able to write it. */
  readonly paths: readonly string[]
}

export function createRuns(options: {
  packages: Packages
  ownership?: Pick<ReturnType<typeof createOwnership>, 'problem'>
  clock?: () => number
}): Runs {
  const { packages, ownership = createOwnership(), clock = Date.now } = options
  const installing = new Map<string, { wanted: NpmPackage; since: number }>()
  const events = createEmitter<{ installing: [] }>()

  async function installFor(server: string, { wanted, npm }: NonNullable<Resolved['install']>) {
    if (packages.has(wanted)) return
    const done = packages.install(wanted, npm)
    const mine = { wanted, since: clock() }
    installing.set(server, mine)
    events.emit('installing')
    try {
      await done
    } catch (error) {
      if (!isWarderError(error, 'server.start_failed')) throw error
      throw new WarderError(
        'server.start_failed',
        `${server} could not be installed: ${error.message}.`,
      )
    } finally {
      if (installing.get(server) === mine) installing.delete(server)
      events.emit('installing')
    }
  }

  async function resolve({ name, definition }: LocalDefinition): Promise<Resolved> {
    const refuse = (reason: string): never => {
      throw new WarderError('server.start_failed', `${name} could not be started: ${reason}.`, {
        details: { server: name },
      })
    }
    const env = childEnvironment(plainValues(definition))
    const cwd = definition.cwd ?? defaultFolder(env)
    if (!isDirectory(cwd)) refuse(`there is no folder ${JSON.stringify(cwd)}`)
    const find = async (command: string): Promise<[file: string, script?: string]> => {
      const search = { path: env.PATH ?? env.Path, cwd: definition.cwd, pathExt: env.PATHEXT }
      const found = await findCommand(command, search)
      if (found.file === undefined) return refuse(found.problem)
      return found.script === undefined ? [found.file] : [found.file, found.script]
    }

    const runner = runnerOf(definition.command, definition.args)
    if (runner?.kind === 'refused')
      throw new WarderError('server.unpinned', `${name} cannot be approved: ${runner.reason}.`)
    if (runner?.kind === 'npm') return ofPackage(runner)
    const [file, shim] = await find(definition.command)
    const args = shim === undefined ? definition.args : [shim, ...definition.args]
    const interpreter = interpreterOf(file)
    if (interpreter !== null) {
      const files = scriptsOf(interpreter, args).map(scriptPath)
      return asWritten(file, {
        program: file,
        ...(files.length === 0 ? {} : { files }),
        ...packageAround(files.at(-1)),
      })
    }
    const program = realpathSync(file)
    const line = shebang(program)
    return asWritten(file, {
      program,
      ...(line === null ? {} : { interpreter: line.includes('/') ? line : (await find(line))[0] }),
      ...(runner === null ? packageAround(program) : { package: versionOf(runner) }),
    })

    function asWritten(file: string, pin: Pin): Resolved {
      const { program, interpreter, files = [] } = pin
      const paths = [file, program, ...(interpreter ? [interpreter] : []), ...files, cwd]
      return { file, args, cwd, pin, paths }
    }

    function scriptPath(written: string): string {
      const plain = written.startsWith('file:') ? fileURLToPath(written) : written
      const absolute = path.resolve(cwd, plain)
      const script = asNodeReads(absolute) ?? absolute
      if (!exists(script)) return refuse(`there is no script ${JSON.stringify(absolute)}`)
      return realpathSync(script)
    }

    async function ofPackage({ spec, bin, args }: NpmRunner): Promise<Resolved> {
      const [node] = await find('node')
      const npm: Npm = { command: npmCommand(await find('npm'), node), environment: env }
      const approved = definition.pin
      const wanted = approved?.package
      if (wanted?.integrity !== undefined && approved?.files?.length === 1) {
        const [file = ''] = approved.files
        const pin = { ...approved, program: node }
        const install = { wanted: { ...wanted, integrity: wanted.integrity }, npm }
        return { file: node, args: [file, ...args], cwd, pin, install, paths: [node, cwd] }
      }
      const found = await packages.look(spec, npm).catch((error: unknown) => {
        throw isWarderError(error, 'server.start_failed') ? refuse(error.message) : error
      })
      const { bin: bins, ...install } = found
      const file = binOf(found.name, bins, bin)
      if (file === null) return refuse(`the package ${found.name} does not say what its program is`)
      const script = packages.place(install, file)
      const pin = { program: node, files: [script], package: install }
      return { file: node, args: [script, ...args], cwd, pin, paths: [node, cwd] }
    }
  }

  async function checked(server: LocalDefinition): Promise<Resolved> {
    const run = await resolve(server)
    for (const one of run.paths) {
      const problem = ownership.problem(one)
      if (problem !== null)
        throw new WarderError(
          'server.unsafe',
          `${server.name} is not started: ${problem}, so they could change what runs with your rights.`,
          { details: { server: server.name, path: one } },
        )
    }
    return run
  }

  return {
    resolve: checked,
    async confirmed(server) {
      const { name, definition } = server
      if (definition.pin === undefined)
        throw new WarderError(
          'server.held',
          `What ${name} runs has not been approved yet: \`warder approvals\`.`,
        )
      const run = await checked(server)
      if (canonicalJson(run.pin) !== canonicalJson(definition.pin))
        throw new WarderError(
          'server.changed',
          `${name} is not what was approved any more: ${difference(definition.pin, run.pin)}. Look at it with \`warder approvals\`.`,
        )
      const { install } = run
      if (install !== undefined) {
        await installFor(name, install)
        const problem = (run.pin.files ?? []).map(ownership.problem).find((one) => one !== null)
        if (problem) throw new WarderError('server.unsafe', `${name} is not started: ${problem}.`)
      }
      return run
    },
    installing: () =>
      [...installing].map(([server, { wanted, since }]) => ({
        server,
        name: wanted.name,
        version: wanted.version,
        since,
      })),
    giveUp(server) {
      const running = installing.get(server)
      if (running !== undefined) packages.giveUp(running.wanted)
    },
    events,
  }
}

type NpmRunner = Extract<ReturnType<typeof runnerOf>, { kind: 'npm' }>

const versionOf = ({ name, version }: { name: string; version: string }) => ({ name, version })

const plainValues = ({ env = {} }: LocalServer) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => parseReference(value) === null))

/** Not the folder that Warder happened to be started in: a relative script would be another one each time. */
const defaultFolder = (env: Readonly<Record<string, string>>) =>
  env.HOME ?? env.USERPROFILE ?? homedir()

/** As npx chooses (npm-exec, "If a package argument is provided"). */
function binOf(
  name: string,
  bins: Readonly<Record<string, string>>,
  wanted: string | null,
): string | null {
  const own = name.split('/').at(-1) ?? name
  const [only, second] = Object.values(bins)
  const file = wanted === null ? (second === undefined ? only : bins[own]) : bins[wanted]
  return file ?? null
}

function difference(approved: Pin, found: Pin): string {
  const before = new Set(pinLines(approved, quote))
  const lines = pinLines(found, quote).filter((line) => !before.has(line))
  return lines.length === 0 ? 'a part of it is gone' : `it is now one ${lines.join(', ')}`
}
