import { httpClient } from '../clients.ts'
import { compare, type Effort } from '../measure.ts'
import { startEverythingHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atLeast, atMost, type CaseResult } from './result.ts'
import { asFigures } from './stdio-to-http.ts'

/** The reference server over HTTP, met directly and through shim and companion. */
export async function realServerCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const { url } = started.use(await startEverythingHttp())
  const warder = started.use(await startBenchWarder())
  await warder.addRemote('everything', url)
  const targets = { alone: httpClient(url), warder: warder.viaShim('everything') }
  for (const client of Object.values(targets)) {
    started.defer(() => client.close())
    await client.open()
  }
  const figures = await compare(targets, effort)
  const { alone, warder: ours } = figures
  return {
    name: 'real-server',
    title: 'server-everything over HTTP, alone and through shim and companion',
    figures: asFigures(figures),
    wanted:
      alone && ours
        ? [
            atMost('p50 / server alone', ours.p50 / alone.p50, 1.25),
            atLeast('throughput / server alone', ours.throughput / alone.throughput, 0.8),
          ]
        : [],
  }
}
