import type { BenchClient } from './clients.ts'

/** How much is asked of each target. */
export interface Effort {
  readonly rounds: number
  /** Calls of either kind before the first round: a JIT that is not warm makes HTTP several times slower. */
  readonly warm: number
  /** Calls one after the other, in each round. */
  readonly sequential: number
  /** Calls with {@link IN_FLIGHT} under way, in each round. */
  readonly parallel: number
  readonly starts: number
  /** Calls until memory is read again. */
  readonly many: number
}

export const FULL: Effort = {
  rounds: 15,
  warm: 3_000,
  sequential: 600,
  parallel: 2_000,
  starts: 9,
  many: 100_000,
}
/** To see that everything runs; its figures mean nothing. */
export const BRIEF: Effort = {
  rounds: 1,
  warm: 20,
  sequential: 50,
  parallel: 200,
  starts: 2,
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

/**
 * Every target in turn in many short rounds, there and back, so that what happens to the machine meanwhile happens to all
 * of them: a ratio is made within a round, where the targets are some seconds apart.
 */
export async function compare(
  targets: Readonly<Record<string, BenchClient>>,
  effort: Effort,
): Promise<Compared> {
  const all = Object.entries(targets)
  const rounds: Record<string, Figures>[] = []
  for (const [, client] of all) {
    for (let call = 0; call < effort.warm; call++) await client.call()
    await throughputOf([client], effort.warm, IN_FLIGHT)
  }
  for (let number = 0; number < effort.rounds; number++) {
    const round: Record<string, Figures> = {}
    for (const [name, client] of number % 2 === 0 ? all : all.toReversed())
      round[name] = await oneRound(client, effort)
    rounds.push(round)
  }
  const middle = (name: string, figure: keyof Figures) =>
    median(rounds.map((round) => round[name]?.[figure] ?? Number.NaN))
  return {
    figures: Object.fromEntries(
      Object.keys(targets).map((name) => [
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
