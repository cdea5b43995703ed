import {
  type LocalServerOptions,
  type LocalServerProcess,
  type ServerExit,
  startLocalServer,
} from '../../main/runtime/process.ts'
import type { LocalServer } from '../../main/store/config-schema.ts'
import { anyRun } from './any-run.ts'

/** A running local server with what it said; disposing of it ends it. */
export interface TestServer extends AsyncDisposable {
  readonly process: LocalServerProcess
  readonly lines: string[]
  readonly exit: Promise<ServerExit>
  /** The next line that was not taken yet; rejects with the error of the exit when there is none. */
  nextLine(): Promise<string>
}

/** Long enough for a busy machine where leaving early is the point, short where being killed is. */
export const patient = { inputMs: 20_000, termMs: 20_000, killMs: 20_000 }
export const impatient = { inputMs: 50, termMs: 50, killMs: 20_000 }

/** The definition of a server that is a few lines of JavaScript. */
export const script = (code: string): LocalServer => ({
  command: process.execPath,
  args: ['-e', code],
})

export async function startTestServer(
  options: Partial<LocalServerOptions> & { readonly definition: LocalServer },
): Promise<TestServer> {
  const lines: string[] = []
  const waiting: ((line: string) => void)[] = []
  let taken = 0
  const { promise: exit, resolve: onExit } = Promise.withResolvers<ServerExit>()
  const { definition, ...rest } = options
  const server = await startLocalServer({
    name: 'notes',
    run: await anyRun.resolve({ name: 'notes', definition }),
    environment: {},
    mask: (text) => text,
    grace: patient,
    ...rest,
    onLine(line) {
      lines.push(line)
      waiting.shift()?.(line)
      return options.onLine?.(line)
    },
    onExit(ended) {
      onExit(ended)
      options.onExit?.(ended)
    },
  })
  return {
    process: server,
    lines,
    exit,
    nextLine() {
      const line = lines[taken++]
      if (line !== undefined) return Promise.resolve(line)
      const ended = exit.then(({ error }) => Promise.reject(error))
      return Promise.race([ended, new Promise<string>((resolve) => waiting.push(resolve))])
    },
    async [Symbol.asyncDispose]() {
      await server.stop()
      await exit
    },
  }
}
