import { httpClient } from '../clients.ts'
import { compare, type Effort, type Setting, settingOf } from '../measure.ts'
import { startMcpProxy } from '../peers.ts'
import { echoStdio, startHttpToStdio } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atLeast, atMost, type CaseResult } from './result.ts'
import { asFigures } from './stdio-to-http.ts'

/** A client over HTTP, a server that Warder starts. */
export async function httpToStdioCase(effort: Effort): Promise<CaseResult> {
  const { figures, ratio } = await compare(setting, effort)
  const hasProxy = 'mcp-proxy' in figures
  return {
    name: 'http-to-stdio',
    title: 'Client over HTTP, server on stdio',
    figures: asFigures(figures),
    wanted: hasProxy
      ? [
          atMost('p50 / mcp-proxy', ratio('p50', 'warder', 'mcp-proxy'), 0.75),
          atLeast('throughput / mcp-proxy', ratio('throughput', 'warder', 'mcp-proxy'), 2.5),
        ]
      : [],
    ...(hasProxy ? {} : { notRun: ['mcp-proxy (not installed)'] }),
  }
}

async function setting(): Promise<Setting> {
  await using started = new AsyncDisposableStack()
  const floor = started.use(await startHttpToStdio(echoStdio))
  const warder = started.use(await startBenchWarder())
  await warder.addLocal('echo', echoStdio)
  const proxy = await startMcpProxy(echoStdio)
  if (proxy !== null) started.use(proxy)
  return settingOf(started, {
    floor: httpClient(floor.line),
    warder: warder.viaHttp('echo'),
    ...(proxy === null ? {} : { 'mcp-proxy': httpClient(proxy.url) }),
  })
}
