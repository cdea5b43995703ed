import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { cli, startWarder } from '../harness/warder.ts'
import { oneOf, randomFrom } from './soak/random.ts'
import { type RemoteCounter, startRemoteCounter } from './soak/remote-counter.ts'
import { type Call, startWorker } from './soak/worker.ts'
import { saveConfig } from './support/config.ts'
import { gone, processesOf, processesWith, residentBytes } from './support/proc.ts'

/**
 * Many clients and servers at once, of both eras, local and remote, in every pairing, while shims, servers and the companion
 * are killed.
 */

/** Set `SOAK_SHARE` (0 to 1) to have less of everything, on a machine or in a moment that is too small for all of it. */
const SHARE = Number(process.env.SOAK_SHARE ?? 1)
const share = (count: number) => Math.ceil(count * SHARE)
const CLIENTS = share(50)
const SERVERS = share(20)
/** Calls of each client while somebody kills, and every how many calls of all clients somebody is killed. */
const CALLS = share(80)
const CALLS_TO_A_KILL = share(100)
/** Calls of each client after that, until memory is looked at for the first time, and then until the second. */
const WARM_UP = share(40)
const STEADY = share(160)
const MAY_GROW = 24 * 1024 * 1024
const MINUTES = 60_000
/** Set `SOAK_SEED` to have the kills of a run again. */
const SEED = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31))

it(`loses no answer, does nothing twice, leaves nothing behind and does not grow (SOAK_SEED=${SEED})`, {
  timeout: 10 * MINUTES,
}, async () => {
  console.log(`SOAK_SEED=${SEED}`)
  const random = randomFrom(SEED)
  await using stage = new AsyncDisposableStack()
  const { path: home } = stage.use(await testHome())
  const counter = path.join(home, 'counter')
  await writeFile(counter, '')
  const program = path.join(import.meta.dirname, 'soak/counter-server.ts')
  const warder = stage.use(await startWarder({ home }))
  // All at once: a command for each of them would take longer than the soak.
  const named = <T>(prefix: string, count: number, of: (name: string) => T) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`${prefix}${at}`, of(`${prefix}${at}`)]),
    )
  const remotes: RemoteCounter[] = []
  const kinds = Array.from({ length: SERVERS }, (_, at) => KINDS[at % KINDS.length] ?? KINDS[0])
  for (const { where, era } of kinds)
    if (where === 'remote') remotes.push(stage.use(await startRemoteCounter(counter, era)))
  const urls = remotes.map(({ url }) => url)
  const servers = named('s', SERVERS, (name) => {
    const { where, era } = kinds[Number(name.slice(1))] ?? KINDS[0]
    if (where === 'remote') return { url: urls.shift(), auth: 'public' }
    return { command: process.execPath, args: [program, counter, name, era] }
  })
  const clients = named('c', CLIENTS, () => ({}))
  const rules = [{ effect: 'allow', client: '*', server: '*' }]
  await saveConfig(home, JSON.stringify({ servers, clients, rules }))
  await warder.ok(['approvals', 'approve', '--all', '--yes'])
  const workers = Array.from({ length: CLIENTS }, (_, at) =>
    startWorker({
      ...{ home, client: `c${at}`, server: `s${at % SERVERS}` },
      // One in two, and not the same one for every server.
      era: (at + Math.floor(at / SERVERS)) % 2 === 0 ? 'session' : 'stateless',
    }),
  )

  // The first is started by the test, the others by shims; what each is told besides differs.
  const companions = () => processesWith([cli, 'serve']).filter((pid) => own().has(pid))
  const own = () => new Set(processesOf(home))
  const killers = [
    () => oneOf(random, workers)?.kill(),
    () => kill(oneOf(random, processesWith([program, counter]))),
    () => kill(oneOf(random, companions())),
    () => oneOf(random, remotes)?.crash(),
  ]
  /** The companion is the one that all need, so it is killed least. */
  const order = [0, 1, 3, 0, 1, 3, 2]
  const fates: Call[] = []
  let kills = 0

  async function work(calls: number, killing: boolean): Promise<void> {
    await Promise.all(
      workers.map(async (worker, at) => {
        for (let count = 0; count < calls; count++) {
          fates.push(await worker.call(`${at}:${fates.length}:${count}`))
          if (count % 4 === 0) fates.push(await worker.list())
          if (killing && Math.floor(fates.length / CALLS_TO_A_KILL) > kills)
            killers[order[kills++ % order.length] ?? 0]?.()
        }
      }),
    )
  }

  await work(CALLS, true)
  await work(WARM_UP, false)
  const [companion = 0] = companions()
  const before = residentBytes(companion)
  await work(STEADY, false)
  const after = residentBytes(companion)

  await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
  for (const pid of companions()) process.kill(pid, 'SIGTERM')
  // An orphan would have this wait until the time is over.
  await Promise.all(processesOf(home).map(gone))

  const done = (await readFile(counter, 'utf8')).split('\n').filter(Boolean)
  const answered = fates.filter(({ key, fate }) => key !== '' && fate === 'answered')
  const tally = Object.groupBy(fates, ({ fate }) => fate)
  console.log(
    ...Object.entries(tally).map(([fate, calls]) => `${calls.length} ${fate}`),
    `${kills} kills, ${Math.round((after - before) / 1024)} KiB more`,
  )
  expect(fates.filter(({ fate }) => fate === 'lost')).toEqual([])
  expect(done.filter((key, at) => done.indexOf(key) !== at)).toEqual([])
  const known = new Set(done)
  expect(answered.filter(({ key }) => !known.has(key))).toEqual([])
  expect(answered.length).toBeGreaterThan((CLIENTS * (CALLS + WARM_UP + STEADY)) / 2)
  expect(after - before).toBeLessThan(MAY_GROW)
})

/** What the servers are, in turn; clients of both eras share each of them. */
const KINDS = [
  { where: 'local', era: 'session' },
  { where: 'remote', era: 'session' },
  { where: 'local', era: 'stateless' },
  { where: 'remote', era: 'stateless' },
] as const

/** It may have ended by itself just now. */
function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
