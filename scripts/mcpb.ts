/** `npm run mcpb`: packs the shim as a bundle for Claude Desktop. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { buildIfStale } from './build-if-stale.ts'
import { run } from './run.ts'
import { usage } from './usage.ts'

const root = path.join(import.meta.dirname, '..')

/** The client that the bundle is: it has to be let in by this name. */
const CLIENT = 'claude-desktop'

/** What Claude Desktop is told of the bundle. */
export function manifest(version: string) {
  return {
    manifest_version: '0.3',
    name: 'warder',
    display_name: 'Warder',
    version,
    description: 'All your MCP servers, with their keys in your keychain',
    long_description:
      'Connects Claude Desktop to Warder on this machine. Install Warder first, and let Claude Desktop in: `warder client add claude-desktop`.',
    author: { name: 'The Warder authors' },
    license: 'Apache-2.0',
    icon: 'icon.png',
    server: {
      type: 'node',
      entry_point: 'server/index.cjs',
      mcp_config: {
        command: 'node',
        args: [`\${__dirname}/server/index.cjs`, '--client', CLIENT],
        env: {},
      },
    },
    tools_generated: true,
    prompts_generated: true,
    compatibility: {
      platforms: ['darwin', 'win32', 'linux'],
      runtimes: { node: '>=18' },
    },
  }
}

/**
 * @param folder where the bundle's contents are laid out; emptied first
 * @param bundle the file to write
 * @returns the exit code of the packer, which validates first
 */
export async function pack(folder: string, bundle: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(path.join(folder, 'server'), { recursive: true })
  mkdirSync(path.dirname(bundle), { recursive: true })
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  writeFileSync(
    path.join(folder, 'manifest.json'),
    `${JSON.stringify(manifest(version), null, 2)}\n`,
  )
  cpSync(path.join(root, 'dist/mcpb/index.cjs'), path.join(folder, 'server/index.cjs'))
  copyFileSync(path.join(root, 'build/icons/512x512.png'), path.join(folder, 'icon.png'))
  copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'))
  return run(process.execPath, [packer(), 'pack', folder, bundle])
}

/** The command line of the packer, wherever npm put it. */
export function packer(): string {
  const place = createRequire(import.meta.url).resolve('@anthropic-ai/mcpb')
  return path.join(path.dirname(place), 'cli', 'cli.js')
}

if (import.meta.main) {
  usage(() => parseArgs())
  const bundle = path.join(root, 'release', 'warder.mcpb')
  process.exitCode =
    (await buildIfStale()) || (await pack(path.join(root, 'release', 'mcpb'), bundle))
  if (process.exitCode === 0) console.error(`${bundle} is packed.`)
}
