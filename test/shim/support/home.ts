import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { testHome } from '../../harness/home.ts'

const cli = path.join(import.meta.dirname, '../../../main/cli.ts')
export const fixture = path.join(import.meta.dirname, '../fixtures/companion.ts')

/** A home with a run.json, and real sockets that stand for the companion's. */
export async function companionHome() {
  const home = await testHome()
  const folder = path.join(home.path, 's')
  await mkdir(folder, { mode: 0o700 })
  const socket = path.join(folder, 'editor.sock')
  const control = path.join(folder, 'control.sock')
  const runFile = path.join(home.path, 'run.json')
  const servers: net.Server[] = []

  const listen = async (file: string, onConnection: (socket: net.Socket) => void) => {
    const server = net.createServer({ allowHalfOpen: true }, (connection) => {
      connection.on('error', () => {})
      onConnection(connection)
    })
    servers.push(server)
    server.listen(file)
    await once(server, 'listening')
    await chmod(file, 0o600)
    return server
  }

  /** As the companion does it: whoever reads it meanwhile reads the one before. */
  async function writeRun(changes: Record<string, unknown> = {}): Promise<void> {
    const run = {
      version: 1,
      control,
      clients: { editor: socket },
      http: 'http://127.0.0.1:1',
      argv: [process.execPath, fixture, socket],
      env: { PATH: '/usr/bin:/bin', MARK: 'recorded' },
      pid: null,
      ...changes,
    }
    await writeFile(`${runFile}~`, JSON.stringify(run), { mode: 0o600 })
    await rename(`${runFile}~`, runFile)
  }
  await writeRun()

  return {
    path: home.path,
    folder,
    socket,
    control,
    runFile,
    listen,
    writeRun,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

/** `warder mcp` as a process of its own. */
export function startShim(home: string, args = ['--client', 'editor']) {
  const child = spawn(process.execPath, [cli, 'mcp', ...args, '--home', home], {
    env: { PATH: process.env.PATH ?? '', MARK: 'client', NODE_NO_WARNINGS: '1' },
    stdio: 'pipe',
  })
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const stderr = text(child.stderr)
  return {
    child,
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    stderr,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
