import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { buildIfStale } from './build-if-stale.ts'
import { makeClient, nodeLicence } from './packaging/client-executable.ts'

/**
 * `node scripts/package-client.ts`: makes the installed command line where electron-builder.yml takes it from, for the system
 * and the processor that this runs on, out of the Node that this runs on. Beside it, Node's own licence: what it is made of
 * may not be handed on without.
 */
const systems: Readonly<Record<string, string>> = { darwin: 'mac', win32: 'win', linux: 'linux' }
const root = path.dirname(import.meta.dirname)
const system = systems[process.platform] ?? process.platform
const file = path.join(
  root,
  `dist/bin/${system}-${process.arch}`,
  process.platform === 'win32' ? 'warder.exe' : 'warder',
)

process.exitCode = await buildIfStale()
if (process.exitCode === 0) {
  const licence = nodeLicence(process.execPath)
  if (licence === null)
    throw new Error(`${process.execPath} brings no licence: take a Node as nodejs.org packs it.`)
  await makeClient(path.join(root, 'dist/installed/warder.cjs'), process.execPath, file)
  copyFileSync(licence, path.join(path.dirname(file), 'LICENSE.node.txt'))
  console.log(path.relative(root, file))
}
