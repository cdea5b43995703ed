import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { testHome } from './home.ts'
import { bareEnvironment } from './processes.ts'

const inspector = path.join(
  path.dirname(
    createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json'),
  ),
  'clients/launcher/build/index.js',
)

/** What the MCP project's inspector says on its command line, in a home of its own. */
export async function inspect(args: readonly string[]): Promise<unknown> {
  await using own = await testHome()
  const env = { ...bareEnvironment(), HOME: own.path }
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, [inspector, '--cli', ...args], { env })
  return JSON.parse(stdout)
}

/** The arguments that have it start a program with options of its own, which its command line would take for ours. */
export async function inspectedProgram(
  home: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const config = path.join(home, 'inspector.json')
  const mcpServers = { tools: { command: process.execPath, args } }
  await writeFile(config, JSON.stringify({ mcpServers }))
  return ['--config', config, '--server', 'tools']
}
