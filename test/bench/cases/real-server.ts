import { httpClient } from '../clients.ts'
import { compare, type Effort, type Setting, settingOf } from '../measure.ts'
import { everythingStdio, startEverythingHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atLeast, atMost, type CaseResult } from './result.ts'
import { asFigures } from './stdio-to-http.ts'

/**
 * The reference server: alone, over the HTTP that it speaks itself, and behind the companion, for the same client. Beside
 * it the longer way, through the shim to its HTTP, which has two more programs on it and no wanted ratio.
 */
export async function realServerCase(effort: Effort): Promise<CaseResult> {
  const { figures, ratio } = await compare(setting, effort)
  return {
    name: 'real-server',
    title: 'server-everything for a client over HTTP, alone and behind the companion',
    figures: asFigures(figures),
    wanted: [
      atMost('p50 / server alone', ratio('p50', 'warder', 'alone'), 1.25),
      atLeast('throughput / server alone', ratio('throughput', 'warder', 'alone'), 0.8),
    ],
  }
}

async function setting(): Promise<Setting> {
  await using started = new AsyncDisposableStack()
  const { url } = started.use(await startEverythingHttp())
  const warder = started.use(await startBenchWarder())
  await warder.addLocal('local', everythingStdio)
  await warder.addRemote('remote', url)
  return settingOf(started, {
    alone: httpClient(url),
    warder: warder.viaHttp('local'),
    'warder, shim and HTTP': warder.viaShim('remote'),
  })
}
