import { type BenchClient, stdioClient } from '../clients.ts'
import { type Compared, compare, type Effort } from '../measure.ts'
import { mcpRemoteTo, supergatewayTo } from '../peers.ts'
import { startEchoHttp, stdioToHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atLeast, atMost, type CaseResult, type Wanted } from './result.ts'

/** A client on stdio, a server over HTTP: what most people use a bridge for. */
export async function stdioToHttpCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  await warder.addRemote('echo', url)

  const gateway = supergatewayTo(url)
  const targets: Record<string, BenchClient> = {
    floor: stdioClient(stdioToHttp(url)),
    warder: warder.viaShim('echo'),
    'mcp-remote': stdioClient(mcpRemoteTo(url)),
    ...(gateway === null ? {} : { supergateway: stdioClient(gateway) }),
  }
  for (const client of Object.values(targets)) {
    started.defer(() => client.close())
    await client.open()
  }
  const { figures, ratio } = await compare(targets, effort)
  const wanted: Wanted[] = [
    atMost('p50 / floor', ratio('p50', 'warder', 'floor'), 1.8),
    atMost('p50 / mcp-remote', ratio('p50', 'warder', 'mcp-remote'), 0.5),
    atMost('p99 / mcp-remote', ratio('p99', 'warder', 'mcp-remote'), 1),
    atLeast('throughput / mcp-remote', ratio('throughput', 'warder', 'mcp-remote'), 3),
  ]
  if (gateway !== null)
    wanted.push(
      atLeast('throughput / supergateway', ratio('throughput', 'warder', 'supergateway'), 2.5),
    )
  return {
    name: 'stdio-to-http',
    title: 'Client on stdio, server over HTTP',
    figures: asFigures(figures),
    wanted,
    ...(gateway === null ? { notRun: ['supergateway (not installed)'] } : {}),
  }
}

/** Figures with their units. */
export const asFigures = (measured: Compared['figures']) =>
  Object.fromEntries(
    Object.entries(measured).map(([target, { p50, p99, throughput }]) => [
      target,
      { 'p50 ms': p50, 'p99 ms': p99, 'calls/s, 32 in flight': throughput },
    ]),
  )
