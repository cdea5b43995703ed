import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import { givenUp, type Npm, runNpm } from './npm.ts'

/** One version of a package of an npm registry. */
export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** Of its archive (W3C Subresource Integrity). */
  readonly integrity: string
}

/**
 * Packages that local servers run from, each version in a folder of our own. What npx would fetch anew whenever a
 * registry says so is fetched once, after a person has agreed to exactly it, and runs without the network from then on.
 */
export interface Packages {
  /**
   * Asks the registry what a spec means today; nothing of the package is fetched or run.
   * @throws WarderError `server.start_failed`
   */
  look(spec: string, npm: Npm): Promise<NpmPackage & { bin: Readonly<Record<string, string>> }>
  /** It is installed. */
  has(wanted: NpmPackage): boolean
  /** Absolute path of a file of the package, there or not. */
  place(wanted: NpmPackage, file: string): string
  /**
   * Installs the package where that was not done. No script of it runs before its integrity was compared.
   * @throws WarderError `server.changed` where the registry gives something else under that version, `server.start_failed`
   */
  install(wanted: NpmPackage, npm: Npm): Promise<void>
  /** Ends its installation, where one is under way: whoever waits for it gets `server.start_failed`, and the next one begins anew. */
  giveUp(wanted: NpmPackage): void
}

/** The same, with an end: what npm is doing by then is given up, since the process would wait for it. */
export interface OpenPackages extends Packages {
  /**
   * Removes all that is installed but these. Only for a start, when nothing of it runs: what is removed is out of the way at
   * once, and gone a little later.
   */
  prune(kept: readonly NpmPackage[]): Promise<void>
  close(): void
}

const LOOK_MS = 60_000
const INSTALL_MS = 600_000
/** Written last, so that what a crash left half done is not taken for whole. */
const READY = '.warder-ready'

/** @param folder absolute; made with mode 0700 when it is needed */
export function createPackages(folder: string, run = runNpm): OpenPackages {
  const closing = new AbortController()
  const installing = new Map<string, { done: Promise<void>; giveUp: () => void }>()

  const home = ({ name, version, integrity }: NpmPackage) => {
    const id = createHash('sha256').update(`${name}@${version}\n${integrity}`).digest('hex')
    return path.join(folder, id.slice(0, 16))
  }
  const place = (wanted: NpmPackage, file: string) =>
    path.join(home(wanted), 'node_modules', ...wanted.name.split('/'), file)

  const has = (wanted: NpmPackage) => existsSync(path.join(home(wanted), READY))

  function prepare(directory: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  async function install(wanted: NpmPackage, npm: Npm, signal: AbortSignal): Promise<void> {
    const target = home(wanted)
    if (has(wanted)) return
    rmSync(target, { recursive: true, force: true })
    prepare(target)
    const { name, version, integrity } = wanted
    // Not by `--prefix`: npm would then look there for its settings of the whole machine, and miss the registry, the
    // proxy and the certificates that an organisation gave it.
    writeFileSync(path.join(target, 'package.json'), '{"private":true}\n', { mode: 0o600 })
    const install = ['install', ...FLAGS, '--ignore-scripts', '--omit=dev', `${name}@${version}`]
    await run(npm, install, target, INSTALL_MS, signal)
    const got = lockedIntegrity(target, name)
    if (got !== integrity) {
      rmSync(target, { recursive: true, force: true })
      throw new WarderError(
        'server.changed',
        `The registry gives something else as ${name} ${version} than what was approved; nothing of it was run.`,
        { details: { approved: integrity, found: got } },
      )
    }
    await run(npm, ['rebuild', ...FLAGS], target, INSTALL_MS, signal)
    if (signal.aborted) throw givenUp()
    writeFileSync(path.join(target, READY), '', { mode: 0o600 })
  }

  return {
    async look(spec, npm) {
      prepare(folder)
      const ask = (flags: readonly string[]) =>
        run(
          npm,
          ['view', ...flags, ...PATIENCE, '--json', spec, ...FIELDS],
          folder,
          LOOK_MS,
          closing.signal,
        )
      // What npm has seen before is good enough where the registry cannot be asked.
      const text = await ask([]).catch((error) =>
        ask(['--offline']).catch(() => Promise.reject(error)),
      )
      return readView(text, spec)
    },
    has,
    place,
    install(wanted, npm) {
      const key = home(wanted)
      const running = installing.get(key)
      if (running !== undefined) return running.done
      const ending = new AbortController()
      const signal = AbortSignal.any([ending.signal, closing.signal])
      const done = install(wanted, npm, signal).finally(() => installing.delete(key))
      installing.set(key, { done, giveUp: () => ending.abort() })
      return done
    },
    giveUp: (wanted) => installing.get(home(wanted))?.giveUp(),
    async prune(kept) {
      const used = new Set(kept.map(home))
      const unused = entriesOf(folder)
        .map((entry) => path.join(folder, entry))
        .filter((entry) => OURS.test(path.basename(entry)) && !used.has(entry))
      const aside = unused.map((entry) => {
        const place = path.join(folder, `${UNUSED}${randomUUID()}`)
        renameSync(entry, place)
        return place
      })
      await Promise.all(aside.map((place) => rm(place, { recursive: true, force: true })))
    },
    close: () => closing.abort(),
  }
}

/** Begins the name of what waits to be removed. */
const UNUSED = 'unused-'
const OURS = new RegExp(`^(?:[0-9a-f]{16}|${UNUSED}.*)$`)

/** None where nothing was ever installed. */
function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** By itself npm tries each address for a minute and a half, one after the other, while a client waits. */
const PATIENCE = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
/** `--no-workspaces`: a folder above that counts its folders as parts of a project is not ours. */
const FLAGS = [
  ...['--json', '--no-workspaces', '--no-audit', '--no-fund', '--no-update-notifier'],
  ...PATIENCE,
]

const FIELDS = ['name', 'version', 'dist.integrity', 'bin']

/** A range has an entry for each version that fits, in their order. */
function readView(text: string, spec: string): NpmPackage & { bin: Record<string, string> } {
  try {
    const parsed: unknown = JSON.parse(text)
    const view = (Array.isArray(parsed) ? parsed.at(-1) : parsed) as Record<string, unknown>
    const { name, version, 'dist.integrity': integrity, bin } = view
    if (typeof name === 'string' && typeof version === 'string' && typeof integrity === 'string')
      return { name, version, integrity, bin: binsOf(name, bin) }
  } catch {
    // Told below.
  }
  throw failed(`the registry does not say which version and integrity ${JSON.stringify(spec)} has`)
}

function binsOf(name: string, bin: unknown): Record<string, string> {
  if (typeof bin === 'string') return { [name.split('/').at(-1) ?? name]: bin }
  if (typeof bin !== 'object' || bin === null) return {}
  return Object.fromEntries(
    Object.entries(bin).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function lockedIntegrity(folder: string, name: string): string | null {
  try {
    const lock = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')) as {
      packages?: Record<string, { integrity?: string }>
    }
    return lock.packages?.[`node_modules/${name}`]?.integrity ?? null
  } catch {
    return null
  }
}

const failed = (reason: string) => new WarderError('server.start_failed', reason)
