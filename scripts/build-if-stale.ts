import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './run.ts'

const root = path.dirname(import.meta.dirname)
const stamp = path.join(root, 'dist/built.json')
const sources = [
  'main/**',
  'preload/**',
  'renderer/**',
  'scripts/packaging/licences.ts',
  'vite.config.ts',
  'package-lock.json',
]
const outputs = ['main', 'cli', 'preload', 'installed', 'mcpb', 'renderer'].map(
  (part) => `dist/${part}/**`,
)

/**
 * Builds unless `dist` was built from exactly the sources that are here now and has not been touched since. Contents
 * are compared, not times: a checkout makes old files new and a new branch's files old.
 * @returns the exit code of the build, 0 when there was nothing to do
 */
export async function buildIfStale(): Promise<number> {
  const before = fingerprint(sources)
  if (isBuiltFrom(before)) return 0
  process.stderr.write('Building…\n')
  const vite = path.join(root, 'node_modules/vite/bin/vite.js')
  const code = await run(process.execPath, [vite, 'build', '--app'], { cwd: root })
  if (code === 0)
    writeFileSync(stamp, JSON.stringify({ sources: before, outputs: fingerprint(outputs) }))
  return code
}

function isBuiltFrom(current: string): boolean {
  if (!existsSync(stamp)) return false
  const built = JSON.parse(readFileSync(stamp, 'utf8'))
  return built.sources === current && built.outputs === fingerprint(outputs)
}

/** SHA-256 over the names and contents of all files that the patterns match. */
function fingerprint(patterns: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of globSync(patterns, { cwd: root }).sort()) {
    const absolute = path.join(root, file)
    if (!statSync(absolute).isFile()) continue
    const content = createHash('sha256').update(readFileSync(absolute)).digest('hex')
    hash.update(`${file}\0${content}\n`)
  }
  return hash.digest('hex')
}
