import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { testHome } from '../../harness/home.ts'

/** A process that a witness saw start. */
export interface Seen {
  readonly pid: number
  /** Resolves when the kernel has closed all that the process held: it is gone. */
  readonly ended: Promise<void>
}

/**
 * Tells a test of processes that are not its own children: a local server that is started with {@link nodeOptions}
 * opens a socket before it does anything else, and the socket closes when the process ends, however it ends.
 */
export interface Witness extends AsyncDisposable {
  /** Arguments of Node, in front of the program. */
  readonly nodeOptions: readonly string[]
  /** The next process that was not asked for yet; waits for it. */
  next(): Promise<Seen>
  readonly seen: readonly Seen[]
}

export async function startWitness(): Promise<Witness> {
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome())
  const socket = path.join(home.path, 'witness.sock')
  const seen: Seen[] = []
  let more = Promise.withResolvers<void>()
  let asked = 0
  const server = createServer((connection) => {
    const ended = once(connection, 'close').then(() => undefined)
    connection.on('error', () => {})
    createInterface({ input: connection }).on('line', (line) => {
      seen.push({ pid: Number(line), ended })
      more.resolve()
      more = Promise.withResolvers()
    })
  })
  server.listen(socket)
  await once(server, 'listening')
  started.defer(() => void server.close())

  const preload = pathToFileURL(path.join(import.meta.dirname, 'witnessed.ts'))
  preload.searchParams.set('socket', socket)
  const resources = started.move()
  return {
    nodeOptions: ['--import', preload.href],
    seen,
    async next() {
      asked += 1
      let one = seen[asked - 1]
      while (one === undefined) {
        await more.promise
        one = seen[asked - 1]
      }
      return one
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
