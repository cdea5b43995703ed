import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { listPackage } from '@electron/asar'
import { type FuseConfig, FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { fuses } from '../../build/fuses.ts'

/** One thing that has to hold of a packaged app. */
export interface Check {
  readonly what: string
  /** What is wrong, or null. */
  readonly wrong: string | null
}

/** What Warder cannot start without. */
const NEEDED = [
  'package.json',
  'dist/main/index.js',
  'dist/main/keychain-helper.js',
  'dist/preload/preload.cjs',
  'dist/preload/vault.cjs',
  'dist/renderer/index.html',
  'dist/renderer/vault.html',
  'dist/renderer/licenses.txt',
  'dist/main/licenses.txt',
  'LICENSE',
  ...['ready', 'attention', 'paused', 'locked', 'stopped'].flatMap((mood) =>
    ['', 'Template', 'Template@2x'].map((kind) => `assets/tray-${mood}${kind}.png`),
  ),
  'node_modules/keytar/lib/keytar.js',
  'node_modules/zod/package.json',
  'node_modules/oauth4webapi/LICENSE.md',
]

/** @param resources the folder that holds app.asar; @param keytar `OS-ARCH` of the one binary that belongs there */
export function checkArchive(resources: string, keytar: string): Check[] {
  const inside = listPackage(path.join(resources, 'app.asar'), { isPack: false }).map((file) =>
    file.replaceAll('\\', '/').replace(/^\//, ''),
  )
  const unpacked = filesBelow(path.join(resources, 'app.asar.unpacked'))
  const binary = `node_modules/keytar/prebuilds/${keytar}/keytar.node`
  return [
    none(
      'nothing is missing in the archive',
      NEEDED.filter((file) => !inside.includes(file)),
    ),
    none('nothing is in the archive that is not for shipping', inside.filter(isForeign)),
    none(
      'no native module is inside the archive only',
      inside.filter((file) => file.endsWith('.node') && !unpacked.includes(file)),
    ),
    {
      what: `beside the archive there is ${binary} and nothing else`,
      wrong: unpacked.join() === binary ? null : unpacked.join(', '),
    },
  ]
}

/** Sources, maps, tests, tools of development, secrets by mistake. */
function isForeign(file: string): boolean {
  const own = !file.startsWith('node_modules/')
  if (
    own &&
    !/^(?:dist|dist\/(?:main|preload|renderer)(?:\/.*)?|assets(?:\/.*)?|package\.json|LICENSE|node_modules)$/.test(
      file,
    )
  )
    return true
  if (/(?:^|\/)(?:LICEN[CS]E|NOTICE)[^/]*$/.test(file)) return false
  if (/\.(?:ts|tsx|mts|cts|map|md)$|(?:^|\/)\.(?:env|npmrc|git)/.test(file)) return true
  return /^node_modules\/(?:electron|vite|vitest|react|playwright|typescript|@biomejs|node-addon-api)\//.test(
    file,
  )
}

/** @param executable the program, or the bundle on macOS */
export async function checkFuses(executable: string): Promise<Check[]> {
  const wire: FuseConfig<FuseState> = await getCurrentFuseWire(executable)
  return Object.entries(FuseV1Options)
    .filter((entry): entry is [string, FuseV1Options] => typeof entry[1] === 'number')
    .map(([name, fuse]) => {
      const wanted = fuses[fuse] ? FuseState.ENABLE : FuseState.DISABLE
      const is = FuseState[wire[fuse] ?? FuseState.REMOVED]
      return {
        what: `fuse ${name} is ${FuseState[wanted].toLowerCase()}d`,
        wrong: wire[fuse] === wanted ? null : `it is ${is.toLowerCase()}d`,
      }
    })
}

function none(what: string, found: readonly string[]): Check {
  return {
    what,
    wrong: found.length === 0 ? null : found.slice(0, 20).join(', '),
  }
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort()
}
