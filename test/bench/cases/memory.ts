import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { bareEnvironment } from '../clients.ts'
import { type Effort, IN_FLIGHT, throughputOf } from '../measure.ts'
import { resident, ticks } from '../processes.ts'
import { empty, startEchoHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atMost, type CaseResult, mebibytes } from './result.ts'

const SERVERS = 20
/** Milliseconds in which a shim that nobody talks to must not wake. */
const IDLE_MS = 5_000

/** What shim and companion hold, at rest and after many calls, and what an idle shim costs. */
export async function memoryCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  for (let number = 1; number <= SERVERS; number++) await warder.addRemote(`echo-${number}`, url)
  const node = started.use(await emptyNode())
  const shim = warder.viaShim('echo-1')
  started.defer(() => shim.close())
  await shim.open()
  await shim.call()
  const shimPid = shim.pid ?? 0
  const atRest = mebibytes(resident(shimPid))
  for (let call = 0; call < 1_000; call++) await shim.call()
  const figures = {
    'empty node': { MiB: mebibytes(resident(node.pid)) },
    'shim after one call': { MiB: atRest },
    'shim after 1,000 calls': { MiB: mebibytes(resident(shimPid)) },
    companion: { MiB: mebibytes(resident(warder.pid)) },
  }
  await throughputOf([shim], effort.many, IN_FLIGHT)
  const after = mebibytes(resident(warder.pid))
  await sleep(1_000)
  const before = ticks(shimPid)
  await sleep(IDLE_MS)
  const idle = ticks(shimPid) - before
  return {
    name: 'memory',
    title: `Memory, with ${SERVERS} servers known`,
    figures: {
      ...figures,
      [`companion after ${effort.many} calls`]: { MiB: after },
      'idle shim': { [`ticks of the processor in ${IDLE_MS / 1_000} s`]: idle },
    },
    wanted: [
      atMost('shim - empty node, MiB', atRest - figures['empty node'].MiB, 6),
      atMost('companion, MiB', figures.companion.MiB, 130),
      atMost(`growth in ${effort.many} calls, MiB`, after - figures.companion.MiB, 15),
      atMost('idle shim, ticks', idle, 0),
    ],
  }
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
