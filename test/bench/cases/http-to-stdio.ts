import { type BenchClient, httpClient } from '../clients.ts'
import { compare, type Effort } from '../measure.ts'
import { startMcpProxy } from '../peers.ts'
import { echoStdio, startHttpToStdio } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atLeast, atMost, type CaseResult } from './result.ts'
import { asFigures } from './stdio-to-http.ts'

/** A client over HTTP, a server that Warder starts. */
export async function httpToStdioCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const floor = started.use(await startHttpToStdio(echoStdio))
  const warder = started.use(await startBenchWarder())
  await warder.addLocal('echo', echoStdio)

  const proxy = await startMcpProxy(echoStdio)
  if (proxy !== null) started.use(proxy)
  const targets: Record<string, BenchClient> = {
    floor: httpClient(floor.line),
    warder: warder.viaHttp('echo'),
    ...(proxy === null ? {} : { 'mcp-proxy': httpClient(proxy.url) }),
  }
  for (const client of Object.values(targets)) {
    started.defer(() => client.close())
    await client.open()
  }
  const { figures, ratio } = await compare(targets, effort)
  return {
    name: 'http-to-stdio',
    title: 'Client over HTTP, server on stdio',
    figures: asFigures(figures),
    wanted:
      proxy === null
        ? []
        : [
            atMost('p50 / mcp-proxy', ratio('p50', 'warder', 'mcp-proxy'), 0.75),
            atLeast('throughput / mcp-proxy', ratio('throughput', 'warder', 'mcp-proxy'), 2.5),
          ],
    ...(proxy === null ? { notRun: ['mcp-proxy (not installed)'] } : {}),
  }
}
