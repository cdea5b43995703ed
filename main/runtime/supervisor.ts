import { toWarderError, WarderError } from '../errors.ts'
import type { LocalServer } from '../store/config-schema.ts'
import { createHealth, type Health } from './health.ts'
import type { Placed } from './placed.ts'
import { type LocalServerOptions, type LocalServerProcess, startLocalServer } from './process.ts'
import type { Run, Runs } from './runs.ts'
import type { ServerLogs } from './server-log.ts'
import type { Watch } from './watch.ts'

export interface StartOptions extends Omit<LocalServerOptions, 'run' | 'log' | 'limits'> {
  readonly definition: LocalServer
  /** The grants whose tokens are in the child's environment: it ends when one of them is revoked. */
  readonly holds: readonly string[]
}

export interface RunningServer {
  readonly name: string
  readonly pid: number
  readonly holds: readonly string[]
}

export interface EndedServer {
  readonly name: string
  readonly pid: number
  readonly ended: boolean
}

/** All local servers of this companion. */
export interface Runtime {
  /**
   * @throws WarderError `server.held`, `server.changed`, `server.unsafe`, `server.start_failed`; the last also when it was
   *   ended by one of the calls below while it started
   */
  start(options: StartOptions): Promise<LocalServerProcess>
  running(): RunningServer[]
  /** What is wrong with a server of which none runs, in a sentence. */
  problem(name: string): string | null
  /** Lets a server that keeps failing be started once more now. */
  retry(name: string): void
  /**
   * Ends every server that holds the grant, those that are just starting too, at once. Resolves when they are gone.
   * @returns how many there were
   * @throws WarderError `server.stop_failed`
   */
  endHolding(grantId: string): Promise<number>
  /** Gives renewed values to the servers of this name that hold exactly these grants. */
  refeed(name: string, grants: readonly string[], placed: Placed): Promise<void>
  /** Ends every server at once, those that are just starting too. Never rejects: what could not be ended is told. */
  endAll(): Promise<readonly EndedServer[]>
  /** Ends all and starts no more. */
  close(): Promise<void>
}

interface Instance {
  readonly name: string
  readonly holds: readonly string[]
  readonly started: Promise<LocalServerProcess>
  /** Has it start no more, where it did not yet: what it waits for may be a package that comes for minutes. */
  readonly giveUp: () => void
  /** The process group, from the moment it is there. */
  readonly group: number | null
  pid: number | undefined
  ended: boolean
}

export interface RuntimeOptions {
  /** What ends the servers of a companion that was killed. */
  readonly watch?: Watch
  /** Where files with credentials are made. */
  readonly credentialFolder?: string
  /** Where what they write to stderr goes. */
  readonly logs?: Pick<ServerLogs, 'writer'>
  readonly health?: Health
  readonly start?: typeof startLocalServer
}

/** @param runs says what a definition runs, and refuses what nobody approved */
export function createRuntime(
  runs: Pick<Runs, 'confirmed'>,
  options: RuntimeOptions = {},
): Runtime {
  const {
    watch,
    credentialFolder,
    logs,
    health = createHealth(),
    start = startLocalServer,
  } = options
  const instances = new Set<Instance>()
  let closed = false

  const refused = (name: string) =>
    new WarderError('server.start_failed', `${name} was ended before it had started.`)

  const forget = (instance: Instance) => {
    instances.delete(instance)
    if (instance.group !== null) watch?.remove(instance.group)
  }

  const begin = (options: StartOptions): Instance => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    let group: number | null = null
    const { name } = options
    const definition = JSON.stringify(options.definition)
    const launch = (run: Run) => {
      const begun = performance.now()
      const log = logs?.writer(name, options.mask)
      const { limits } = options.definition
      return start({
        ...options,
        ...(limits === undefined ? {} : { limits }),
        ...(log === undefined ? {} : { log }),
        ...(credentialFolder === undefined ? {} : { credentialFolder }),
        run,
        onSpawn(pid) {
          group = pid
          watch?.add(pid)
        },
        onExit(exit) {
          leave()
          health.ended(name, definition, { ...exit, livedMs: performance.now() - begun })
          options.onExit(exit)
        },
      }).catch((error: unknown) => {
        const told = toWarderError(error)
        health.ended(name, definition, { wanted: false, answered: false, livedMs: 0, error: told })
        throw error
      })
    }
    const { promise: givenUp, reject } = Promise.withResolvers<never>()
    const started = Promise.race([runs.confirmed(options), givenUp]).then((run) => {
      health.check(name, definition)
      return launch(run)
    })
    const instance: Instance = {
      name: options.name,
      holds: options.holds,
      started,
      giveUp: () => reject(refused(name)),
      get group() {
        return group
      },
      pid: undefined,
      ended: false,
    }
    instances.add(instance)
    // It is forgotten when all of it is gone; what cannot be ended stays in the list.
    started.then(
      (process) =>
        left
          .then(() => process.stop())
          .then(
            () => forget(instance),
            () => {},
          ),
      () => forget(instance),
    )
    return instance
  }

  const end = async (instance: Instance, manner?: 'at-once'): Promise<void> => {
    instance.ended = true
    instance.giveUp()
    const process = await instance.started.catch(() => undefined)
    await process?.stop(manner)
    forget(instance)
  }

  const endEach = async (chosen: Instance[], manner?: 'at-once'): Promise<number> => {
    const results = await Promise.allSettled(chosen.map((instance) => end(instance, manner)))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    return chosen.length
  }

  const endAtOnce = async (instance: Instance): Promise<EndedServer[]> => {
    const ended = await end(instance, 'at-once').then(
      () => true,
      () => false,
    )
    const process = await instance.started.catch(() => undefined)
    return process === undefined ? [] : [{ name: instance.name, pid: process.pid, ended }]
  }

  return {
    async start(options) {
      if (closed) throw refused(options.name)
      const instance = begin(options)
      const process = await instance.started
      instance.pid = process.pid
      if (instance.ended) {
        await process.stop()
        throw refused(options.name)
      }
      return process
    },
    running: () =>
      [...instances].flatMap(({ name, pid, holds }) =>
        pid === undefined ? [] : [{ name, pid, holds }],
      ),
    problem: (name) =>
      [...instances].some((one) => one.name === name && one.pid !== undefined)
        ? null
        : health.problem(name),
    retry: health.retry,
    endHolding: (grantId) =>
      endEach(
        [...instances].filter(({ holds }) => holds.includes(grantId)),
        'at-once',
      ),
    async refeed(name, grants, placed) {
      const chosen = [...instances].filter(
        (one) => one.name === name && !one.ended && sameNames(one.holds, grants),
      )
      await Promise.all(chosen.map(async ({ started }) => (await started).refeed(placed)))
    },
    endAll: async () => (await Promise.all([...instances].map(endAtOnce))).flat(),
    async close() {
      closed = true
      try {
        await endEach([...instances])
      } finally {
        watch?.close()
      }
    },
  }
}

const sameNames = (some: readonly string[], others: readonly string[]) =>
  some.every((one) => others.includes(one)) && others.every((one) => some.includes(one))
