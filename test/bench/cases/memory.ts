import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { bareEnvironment } from '../clients.ts'
import { type Effort, IN_FLIGHT, median, throughputOf } from '../measure.ts'
import { resident, ticks } from '../processes.ts'
import { empty, startEchoHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atMost, type CaseResult, mebibytes } from './result.ts'

const SERVERS = 20
/** Milliseconds in which a shim that nobody talks to must not wake. */
const IDLE_MS = 5_000

/** What one companion, its shim and an empty Node hold, and what the shim cost while nobody talked to it. */
interface Held {
  readonly node: number
  readonly shim: number
  readonly shimLater: number
  readonly companion: number
  readonly companionLater: number
  readonly idleTicks: number
}

/** What shim and companion hold, at rest and after many calls, and what an idle shim costs: the medians of some of them. */
export async function memoryCase(effort: Effort): Promise<CaseResult> {
  const all: Held[] = []
  for (let number = 0; number < effort.companions; number++) all.push(await held(effort))
  const middle = (of: (one: Held) => number) => median(all.map(of))
  return {
    name: 'memory',
    title: `Memory, with ${SERVERS} servers known`,
    figures: {
      'empty node': { MiB: middle(({ node }) => node) },
      'shim after one call': { MiB: middle(({ shim }) => shim) },
      'shim after 1,000 calls': { MiB: middle(({ shimLater }) => shimLater) },
      companion: { MiB: middle(({ companion }) => companion) },
      [`companion after ${effort.many} calls`]: {
        MiB: middle(({ companionLater }) => companionLater),
      },
      'idle shim': {
        [`ticks of the processor in ${IDLE_MS / 1_000} s`]: middle(({ idleTicks }) => idleTicks),
      },
    },
    wanted: [
      atMost(
        'shim - empty node, MiB',
        middle(({ shim, node }) => shim - node),
        6,
      ),
      atMost(
        'companion, MiB',
        middle(({ companion }) => companion),
        130,
      ),
      atMost(
        `growth in ${effort.many} calls, MiB`,
        middle(({ companion, companionLater }) => companionLater - companion),
        15,
      ),
      atMost('idle shim, ticks', Math.max(...all.map(({ idleTicks }) => idleTicks)), 0),
    ],
  }
}

async function held(effort: Effort): Promise<Held> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  for (let number = 1; number <= SERVERS; number++) await warder.addRemote(`echo-${number}`, url)
  const empty = started.use(await emptyNode())
  const client = warder.viaShim('echo-1')
  started.defer(() => client.close())
  await client.open()
  await client.call()
  const shimPid = client.pid ?? 0
  const shim = mebibytes(resident(shimPid))
  for (let call = 0; call < 1_000; call++) await client.call()
  const node = mebibytes(resident(empty.pid))
  const shimLater = mebibytes(resident(shimPid))
  const companion = mebibytes(resident(warder.pid))
  await throughputOf([client], effort.many, IN_FLIGHT)
  const companionLater = mebibytes(resident(warder.pid))
  await sleep(1_000)
  const before = ticks(shimPid)
  await sleep(IDLE_MS)
  const idleTicks = ticks(shimPid) - before
  return { node, shim, shimLater, companion, companionLater, idleTicks }
}

async function emptyNode() {
  const [program, ...args] = empty
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env: bareEnvironment() })
  await once(child.stdout, 'data')
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
