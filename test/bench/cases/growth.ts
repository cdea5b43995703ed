import type { BenchClient } from '../clients.ts'
import { type Effort, IN_FLIGHT, median, throughputOf, timed } from '../measure.ts'
import { resident } from '../processes.ts'
import { startEchoHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { type CaseResult, mebibytes } from './result.ts'

const SERVERS = [1, 10, 100]
const CLIENTS = [1, 10, 50]

/** How cost grows with the servers in one catalogue, and with the clients at work. */
export async function growthCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  const figures: Record<string, Record<string, number>> = {}
  let added = 0
  for (const servers of SERVERS) {
    while (added < servers) await warder.addRemote(`echo-${String(++added).padStart(3, '0')}`, url)
    figures[`${servers} servers`] = await ofCatalogue(warder.viaAll(), effort)
  }
  for (const count of CLIENTS) {
    const clients: BenchClient[] = []
    while (clients.length < count) clients.push(warder.viaHttp('echo-001'))
    await Promise.all(clients.map((client) => client.open()))
    const inFlight = Math.max(1, Math.floor(IN_FLIGHT / count))
    figures[`${count} clients`] = {
      'calls/s': await throughputOf(clients, effort.parallel * 3, inFlight),
      'companion MiB': mebibytes(resident(warder.pid)),
    }
    await Promise.all(clients.map((client) => client.close()))
  }
  return {
    name: 'growth',
    title: 'How cost grows with servers in one catalogue and with clients',
    figures,
    wanted: [],
  }
}

async function ofCatalogue(client: BenchClient, effort: Effort): Promise<Record<string, number>> {
  try {
    await client.open()
    await client.request('tools/list', {})
    const lists: number[] = []
    for (let turn = 0; turn < Math.max(5, effort.rounds * 10); turn++)
      lists.push(await timed(() => client.request('tools/list', {})))
    const calls: number[] = []
    const args = { name: 'echo-001__echo', arguments: { message: 'hello' } }
    for (let turn = 0; turn < effort.sequential; turn++)
      calls.push(await timed(() => client.request('tools/call', args)))
    return { 'tools/list ms': median(lists), 'call p50 ms': median(calls) }
  } finally {
    await client.close()
  }
}
