import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(import.meta.url)

/** The program of a package that names it in `bin`, wherever npm put the package. */
function program(packageName: string, file: string): string {
  return path.join(path.dirname(require.resolve(`${packageName}/package.json`)), file)
}

/** Entry of the MCP project's reference server; its argument picks the transport. */
export const serverEverything = program('@modelcontextprotocol/server-everything', 'dist/index.js')

/** The reference server over stdio; its tool `get-env` shows which environment it was given. */
export const everythingStdio = {
  command: process.execPath,
  args: [serverEverything, 'stdio'],
} as const

/** A server of the stateless revision, made with the official SDK. `serve` speaks both eras. */
export const statelessStdio = (legacy: 'reject' | 'serve' = 'reject') => ({
  command: process.execPath,
  args: [path.join(import.meta.dirname, 'stateless-server.ts'), legacy],
})

/**
 * A real server that needs a key in its environment and ends with 1 without it. It lists its tools without the
 * network; calling one would not.
 */
export const keyedStdio = {
  command: process.execPath,
  args: [program('airtable-mcp-server', 'dist/main.js')],
  key: 'AIRTABLE_API_KEY',
} as const
