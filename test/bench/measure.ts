import type { BenchClient } from './clients.ts'

/** How much is asked of each target. */
export interface Effort {
  /** How often everything is started anew: what V8 made of a program while it grew warm stays as long as its process. */
  readonly settings: number
  /** In each setting. */
  readonly rounds: number
  /**
   * Calls of either kind before the first round. A JIT that is not warm makes HTTP several times slower, and V8 compiles
   * anew what a bridge of many parts does for some fifteen thousand calls.
   */
  readonly warm: { readonly sequential: number; readonly parallel: number }
  /** Calls one after the other, in each round: after its turn at rest a program needs some hundred to be itself again. */
  readonly sequential: number
  /** Calls with {@link IN_FLIGHT} under way, in each round. */
  readonly parallel: number
  readonly starts: number
  /** Results of each large size. */
  readonly large: number
  /** Whose memory is read: when one collected last is chance. */
  readonly companions: number
  /** Calls until memory is read again. */
  readonly many: number
}

export const FULL: Effort = {
  settings: 8,
  rounds: 3,
  warm: { sequential: 1_000, parallel: 15_000 },
  sequential: 2_000,
  parallel: 4_000,
  starts: 9,
  large: 9,
  companions: 3,
  many: 100_000,
}
/** To see that everything runs; its figures mean nothing. */
export const BRIEF: Effort = {
  settings: 1,
  rounds: 1,
  warm: { sequential: 20, parallel: 20 },
  sequential: 50,
  parallel: 200,
  starts: 2,
  large: 2,
  companions: 1,
  many: 1_000,
}

export const IN_FLIGHT = 32

/** Milliseconds, and calls in a second. */
export interface Figures {
  readonly p50: number
  readonly p99: number
  readonly throughput: number
}

export interface Compared {
  /** Medians of all rounds. */
  readonly figures: Readonly<Record<string, Figures>>
  /** The median of the rounds' own ratios; not a number where one of the two is not there. */
  ratio(figure: keyof Figures, of: string, to: string): number
}

/** What is compared, in processes of its own, opened. */
export interface Setting extends AsyncDisposable {
  readonly targets: Readonly<Record<string, BenchClient>>
}

/** Medians over the rounds of several settings. @param open makes one anew */
export async function compare(open: () => Promise<Setting>, effort: Effort): Promise<Compared> {
  const rounds: Readonly<Record<string, Figures>>[] = []
  for (let number = 0; number < effort.settings; number++) {
    await using setting = await open()
    rounds.push(...(await roundsOf(setting.targets, effort)))
  }
  const middle = (name: string, figure: keyof Figures) =>
    median(rounds.map((round) => round[name]?.[figure] ?? Number.NaN))
  return {
    figures: Object.fromEntries(
      Object.keys(rounds[0] ?? {}).map((name) => [
        name,
        {
          p50: middle(name, 'p50'),
          p99: middle(name, 'p99'),
          throughput: middle(name, 'throughput'),
        },
      ]),
    ),
    ratio: (figure, of, to) =>
      median(
        rounds.map(
          (round) => (round[of]?.[figure] ?? Number.NaN) / (round[to]?.[figure] ?? Number.NaN),
        ),
      ),
  }
}

/**
 * Every target in turn in several rounds, there and back, so that what happens to the machine meanwhile happens to all of
 * them: a ratio is made within a round, where the targets are some seconds apart.
 */
async function roundsOf(
  targets: Setting['targets'],
  effort: Effort,
): Promise<Record<string, Figures>[]> {
  const all = Object.entries(targets)
  const rounds: Record<string, Figures>[] = []
  for (const [, client] of all) {
    for (let call = 0; call < effort.warm.sequential; call++) await client.call()
    await throughputOf([client], effort.warm.parallel, IN_FLIGHT)
  }
  for (let number = 0; number < effort.rounds; number++) {
    const round: Record<string, Figures> = {}
    for (const [name, client] of number % 2 === 0 ? all : all.toReversed())
      round[name] = await oneRound(client, effort)
    rounds.push(round)
  }
  return rounds
}

/** Opens every target. @param started what they stand on, disposed of after them */
export async function settingOf(
  started: AsyncDisposableStack,
  targets: Setting['targets'],
): Promise<Setting> {
  await using all = started.move()
  for (const client of Object.values(targets)) {
    all.defer(() => client.close())
    await client.open()
  }
  const kept = all.move()
  return { targets, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function oneRound(client: BenchClient, effort: Effort): Promise<Figures> {
  const times: number[] = []
  for (let call = 0; call < effort.sequential; call++) times.push(await timed(() => client.call()))
  return {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    throughput: await throughputOf([client], effort.parallel, IN_FLIGHT),
  }
}

/** Calls in a second, where each client has so many under way. */
export async function throughputOf(
  clients: readonly BenchClient[],
  calls: number,
  inFlight: number,
): Promise<number> {
  let left = calls
  const took = await timed(() =>
    Promise.all(
      clients.flatMap((client) =>
        Array.from({ length: inFlight }, async () => {
          while (left-- > 0) await client.call()
        }),
      ),
    ),
  )
  return (calls / took) * 1_000
}

/** Milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

export const median = (values: readonly number[]) => quantile(values, 0.5)

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
