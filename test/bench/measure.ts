import type { BenchClient } from './clients.ts'

/** How much is asked of each target. The full counts are needed: a JIT that is not warm makes HTTP several times slower. */
export interface Effort {
  readonly rounds: number
  readonly warm: number
  /** Calls one after the other. */
  readonly sequential: number
  /** Calls with {@link IN_FLIGHT} under way. */
  readonly parallel: number
  readonly starts: number
  /** Calls until memory is read again. */
  readonly many: number
}

export const FULL: Effort = {
  rounds: 5,
  warm: 300,
  sequential: 2_000,
  parallel: 6_000,
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

/**
 * Every target in turn, round after round, so that what happens to the machine meanwhile happens to all of them; the
 * median of the rounds counts.
 */
export async function compare(
  targets: Readonly<Record<string, BenchClient>>,
  effort: Effort,
): Promise<Record<string, Figures>> {
  const rounds: Record<string, Figures[]> = {}
  for (let round = 0; round < effort.rounds; round++)
    for (const [name, client] of Object.entries(targets)) {
      rounds[name] ??= []
      rounds[name].push(await oneRound(client, effort))
    }
  return Object.fromEntries(
    Object.entries(rounds).map(([name, figures]) => [
      name,
      {
        p50: median(figures.map(({ p50 }) => p50)),
        p99: median(figures.map(({ p99 }) => p99)),
        throughput: median(figures.map(({ throughput }) => throughput)),
      },
    ]),
  )
}

async function oneRound(client: BenchClient, effort: Effort): Promise<Figures> {
  for (let call = 0; call < effort.warm; call++) await client.call()
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
