import { stdioClient } from '../clients.ts'
import { type Compared, compare, type Effort, type Setting, settingOf } from '../measure.ts'
import { mcpRemoteTo, supergatewayTo } from '../peers.ts'
import { startEchoHttp, stdioToHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atLeast, atMost, type CaseResult, type Wanted } from './result.ts'

/** A client on stdio, a server over HTTP: what most people use a bridge for. */
export async function stdioToHttpCase(effort: Effort): Promise<CaseResult> {
  const { figures, ratio } = await compare(setting, effort)
  const hasGateway = 'supergateway' in figures
  const wanted: Wanted[] = [
    atMost('p50 / floor', ratio('p50', 'warder', 'floor'), 1.8),
    atMost('p50 / mcp-remote', ratio('p50', 'warder', 'mcp-remote'), 0.5),
    atMost('p99 / mcp-remote', ratio('p99', 'warder', 'mcp-remote'), 1),
    atLeast('throughput / mcp-remote', ratio('throughput', 'warder', 'mcp-remote'), 3),
  ]
  if (hasGateway)
    wanted.push(
      atLeast('throughput / supergateway', ratio('throughput', 'warder', 'supergateway'), 2.5),
    )
  return {
    name: 'stdio-to-http',
    title: 'Client on stdio, server over HTTP',
    figures: asFigures(figures),
    wanted,
    ...(hasGateway ? {} : { notRun: ['supergateway (not installed)'] }),
  }
}

async function setting(): Promise<Setting> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  await warder.addRemote('echo', url)
  const gateway = supergatewayTo(url)
  return settingOf(started, {
    floor: stdioClient(stdioToHttp(url)),
    warder: warder.viaShim('echo'),
    'mcp-remote': stdioClient(mcpRemoteTo(url)),
    ...(gateway === null ? {} : { supergateway: stdioClient(gateway) }),
  })
}

/** Figures with their units. */
export const asFigures = (measured: Compared['figures']) =>
  Object.fromEntries(
    Object.entries(measured).map(([target, { p50, p99, throughput }]) => [
      target,
      { 'p50 ms': p50, 'p99 ms': p99, 'calls/s, 32 in flight': throughput },
    ]),
  )
