import { type BenchClient, stdioClient } from '../clients.ts'
import { type Effort, median, timed } from '../measure.ts'
import { resident } from '../processes.ts'
import { startEchoHttp, stdioToHttp } from '../servers.ts'
import { startBenchWarder } from '../warder.ts'
import { atMost, type CaseResult, mebibytes, type Wanted } from './result.ts'

const SIZES = { '1 MB': 1_000_000, '50 MB': 50_000_000 } as const

/** Large results, one at a time. */
export async function largeCase(effort: Effort): Promise<CaseResult> {
  await using started = new AsyncDisposableStack()
  const { line: url } = started.use(await startEchoHttp())
  const warder = started.use(await startBenchWarder())
  await warder.addRemote('echo', url)
  const targets = { floor: stdioClient(stdioToHttp(url)), warder: warder.viaShim('echo') }
  for (const client of Object.values(targets)) {
    started.defer(() => client.close())
    await client.open()
  }
  const figures: Record<string, Record<string, number>> = { floor: {}, warder: {} }
  const wanted: Wanted[] = []
  for (const [name, size] of Object.entries(SIZES)) {
    const floor: number[] = []
    const ours: number[] = []
    for (let turn = 0; turn < effort.large; turn++) {
      floor.push(await timed(() => asked(targets.floor, size)))
      ours.push(await timed(() => asked(targets.warder, size)))
    }
    figures.floor = { ...figures.floor, [`${name}, ms`]: median(floor) }
    figures.warder = { ...figures.warder, [`${name}, ms`]: median(ours) }
    wanted.push(atMost(`${name} / floor`, median(ours) / median(floor), 1.5))
  }
  return {
    name: 'large',
    title: 'Large results',
    figures: { ...figures, companion: { 'MiB afterwards': mebibytes(resident(warder.pid)) } },
    wanted,
  }
}

async function asked(client: BenchClient, size: number): Promise<void> {
  const { result } = await client.call({ size })
  const content = result?.content as { text: string }[] | undefined
  if (content?.[0]?.text.length !== size) throw new Error(`not ${size} characters`)
}
