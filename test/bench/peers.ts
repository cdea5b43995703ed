import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { type Listening, startListening } from './servers.ts'

/** The bridges that people use today. */

const folder = path.join(import.meta.dirname, 'peers')
const { execPath: node } = process

/** A program that a package names in `bin`. @returns null where the package is not there */
function program(name: string, from: string): string | null {
  const file = path.join(from, 'node_modules', name, 'package.json')
  if (!existsSync(file)) return null
  const { bin } = JSON.parse(readFileSync(file, 'utf8')) as { bin: string | Record<string, string> }
  const entry = typeof bin === 'string' ? bin : bin[name]
  return entry === undefined ? null : path.join(path.dirname(file), entry)
}

const mcpRemote = path.join(
  path.dirname(createRequire(import.meta.url).resolve('mcp-remote/package.json')),
  'dist/proxy.js',
)

export const mcpRemoteTo = (url: string) => [node, mcpRemote, url, '--silent']

/** @returns null where it is not installed */
export function supergatewayTo(url: string): readonly string[] | null {
  const found = program('supergateway', folder)
  return found === null ? null : [node, found, '--streamableHttp', url, '--logLevel', 'none']
}

/** @returns null where it is not installed */
export function startMcpProxy(command: readonly string[]): Promise<Listening> | null {
  const found = program('mcp-proxy', folder)
  if (found === null) return null
  const options = (port: number) => [
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--server',
    'stream',
  ]
  return startListening((port) => [[node, found, ...options(port), '--', ...command]])
}
