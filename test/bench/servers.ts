import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverEverything } from '../harness/stdio-servers.ts'
import { httpClient } from './clients.ts'
import { type Program, startProgram } from './processes.ts'

const floor = (file: string) => path.join(import.meta.dirname, 'floor', file)

const { execPath: node } = process

/** The smallest programs for each hop: what Node and the operating system leave. */
export const echoStdio = [node, floor('echo-stdio.mjs')] as const
export const empty = [node, floor('empty.mjs')] as const
export const stdioToHttp = (url: string) => [node, floor('stdio-to-http.mjs'), url]
export const startHttpToStdio = (command: readonly string[]) =>
  startProgram([node, floor('http-to-stdio.mjs'), ...command], { ready: isUrl })
export const startEchoHttp = () => startProgram([node, floor('echo-http.mjs')], { ready: isUrl })

export const everythingStdio = [node, serverEverything, 'stdio'] as const

/** The MCP project's reference server over Streamable HTTP. */
export function startEverythingHttp(): Promise<Listening> {
  return startListening((port) => [[node, serverEverything, 'streamableHttp'], { PORT: `${port}` }])
}

export interface Listening extends Program {
  readonly url: string
}

/** A program that listens where it is told to; here on this machine only. */
export async function startListening(
  commandFor: (port: number) => [command: readonly string[], env?: Record<string, string>],
): Promise<Listening> {
  const port = await freePort()
  const [command, env = {}] = commandFor(port)
  const url = `http://127.0.0.1:${port}/mcp`
  const program = startProgram(command, {
    env: { ...env, NODE_OPTIONS: `--require=${floor('loopback.cjs')}` },
  })
  // What it prints says little about when it listens; an end before that rejects.
  const ended = program.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => Promise.reject(error),
  )
  await Promise.race([answers(url), ended])
  return Object.assign(await program, { url })
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = httpClient(url)
    try {
      await client.open()
      return
    } catch (error) {
      if (attempt === 600) throw error
      await sleep(50)
    } finally {
      await client.close()
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const isUrl = (line: string) => line.startsWith('http://')
