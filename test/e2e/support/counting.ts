import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { testHome } from '../../harness/home.ts'

/** Counts what calls do to the world: a local server that says each call before it answers. */
export interface Counting extends AsyncDisposable {
  readonly command: readonly string[]
  /** Every call that arrived, in order. */
  readonly arrived: readonly string[]
  /** Resolves when so many have arrived. */
  until(count: number): Promise<void>
  /** Lets a call be answered. */
  answer(text: string): void
}

export async function startCounting(): Promise<Counting> {
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome())
  const socket = path.join(home.path, 'counting.sock')
  const arrived: string[] = []
  const servers = new Set<Socket>()
  let more = Promise.withResolvers<void>()
  const server = createServer((connection) => {
    servers.add(connection)
    connection.on('close', () => servers.delete(connection))
    connection.on('error', () => {})
    createInterface({ input: connection }).on('line', (line) => {
      arrived.push(line)
      more.resolve()
      more = Promise.withResolvers()
    })
  })
  server.listen(socket)
  await once(server, 'listening')
  started.defer(() => void server.close())
  const resources = started.move()
  const program = path.join(import.meta.dirname, 'counting-server.ts')
  return {
    command: [process.execPath, program, socket],
    arrived,
    async until(count) {
      while (arrived.length < count) await more.promise
    },
    answer(text) {
      for (const connection of servers) connection.write(`${text}\n`)
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
