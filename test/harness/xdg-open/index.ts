import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { testHome } from '../home.ts'

/** The test as the system's browser: whatever runs `xdg-open` with {@link env} reaches it. */
export interface SystemBrowser extends AsyncDisposable {
  /** `PATH` on which this `xdg-open` comes first. */
  readonly env: { readonly PATH: string }
  /** The arguments of every call so far, exactly as they were handed over. */
  readonly opened: readonly (readonly string[])[]
  /**
   * The URL of the next call that has not been asked for yet; waits for it.
   * @throws Error when there was not exactly one argument
   */
  next(): Promise<string>
}

/**
 * An executable `xdg-open` in a directory of its own. Where it reports to is written into it, since the program under
 * test hands its browser a small environment.
 * @param exitCode what the calls end with
 */
export async function startSystemBrowser({ exitCode = 0 } = {}): Promise<SystemBrowser> {
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome())
  const socket = path.join(home.path, 'opened.sock')
  await writeExecutable(path.join(home.path, 'xdg-open'), [
    process.execPath,
    path.join(import.meta.dirname, 'xdg-open.ts'),
    socket,
  ])

  const opened: string[][] = []
  let called = Promise.withResolvers<void>()
  let asked = 0
  const server = createServer({ allowHalfOpen: true }, async (connection) => {
    opened.push(await argumentsOf(connection, socket))
    connection.end(String(exitCode))
    called.resolve()
    called = Promise.withResolvers()
  })
  server.listen(socket)
  await once(server, 'listening')
  started.defer(() => server[Symbol.asyncDispose]())

  const resources = started.move()
  return {
    env: { PATH: [home.path, process.env.PATH].join(path.delimiter) },
    opened,
    async next() {
      asked += 1
      while (opened.length < asked) await called.promise
      const [url, ...more] = opened[asked - 1] ?? []
      if (url === undefined || more.length > 0) throw new Error('Not one argument.')
      return url
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** The argument vector behind the socket's path. @throws TypeError where it is not UTF-8 */
async function argumentsOf(connection: Socket, socket: string): Promise<string[]> {
  const vector = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    .decode(await buffer(connection))
    .split('\0')
    .slice(0, -1)
  return vector.slice(vector.indexOf(socket) + 1)
}

async function writeExecutable(file: string, command: readonly string[]): Promise<void> {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
  await writeFile(file, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`)
  await chmod(file, 0o755)
}
