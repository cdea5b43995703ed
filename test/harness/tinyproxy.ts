import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { testHome } from './home.ts'

/** A proxy by other people. */
export interface Tinyproxy extends AsyncDisposable {
  readonly port: number
}

export const isTinyproxyHere = () => spawnSync('tinyproxy', ['-v']).error === undefined

/**
 * On 127.0.0.1, for one user, and itself behind another proxy, so that it needs no resolver.
 * @param credentials user and password
 */
export async function startTinyproxy(options: {
  readonly upstream: number
  readonly credentials: readonly [string, string]
}): Promise<Tinyproxy> {
  const home = await testHome()
  const port = await freePort()
  const file = path.join(home.path, 'tinyproxy.conf')
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Timeout 60', 'LogLevel Info']
  const more = [`BasicAuth ${options.credentials.join(' ')}`, 'MaxClients 20']
  const upstream = `Upstream http 127.0.0.1:${options.upstream}`
  await writeFile(file, `${[...lines, ...more, upstream].join('\n')}\n`)
  const child = spawn('tinyproxy', ['-d', '-c', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (line.includes('Accepting connections')) break
  }
  if (child.exitCode !== null) throw new Error(`tinyproxy ended: ${said.join('\n')}`)
  child.stdout.resume()
  return {
    port,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill()
      await ended
      await home[Symbol.asyncDispose]()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await server[Symbol.asyncDispose]()
  return port
}
