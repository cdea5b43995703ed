import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type BenchClient, bareEnvironment, stdioClient } from '../clients.ts'
import { type Effort, median } from '../measure.ts'
import { mcpRemoteTo } from '../peers.ts'
import { empty, startEchoHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atMost, type CaseResult } from './result.ts'

/** From the start of what the client starts to the answer to its `initialize`, the companion up. */
export async function startCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  await warder.addRemote('echo', url)
  const times: Record<string, number[]> = { 'empty node': [], warder: [], 'mcp-remote': [] }
  for (let turn = 0; turn < effort.starts; turn++) {
    times['empty node']?.push(await startsEmpty())
    times.warder?.push(await opens(warder.viaShim('echo')))
    times['mcp-remote']?.push(await opens(stdioClient(mcpRemoteTo(url))))
  }
  const figures = Object.fromEntries(
    Object.entries(times).map(([name, values]) => [name, { 'start ms': median(values) }]),
  )
  const took = (name: string) => figures[name]?.['start ms'] ?? Number.NaN
  return {
    name: 'start',
    title: 'Start of the shim to the first answer, the companion up',
    figures,
    wanted: [
      atMost('start / mcp-remote', took('warder') / took('mcp-remote'), 0.2),
      atMost('start / empty node', took('warder') / took('empty node'), 1.5),
    ],
  }
}

async function opens(client: BenchClient): Promise<number> {
  const took = await client.open()
  await client.close()
  return took
}

async function startsEmpty(): Promise<number> {
  const began = performance.now()
  const [program, ...args] = empty
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env: bareEnvironment() })
  await once(child.stdout, 'data')
  const took = performance.now() - began
  child.stdin.end()
  await once(child, 'exit')
  return took
}
