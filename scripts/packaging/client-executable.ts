import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { inject } from 'postject'

/** What Node looks for in itself to know that a script was put in (Node.js, Single executable applications). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

/**
 * Makes the installed `warder` of this system: its script put into a copy of Node. Neither `NODE_OPTIONS` nor an argument
 * makes it run anything else. On macOS it has to be signed afterwards, with the app.
 *
 * @param script the built `dist/installed/warder.cjs`
 * @param node the Node that it becomes, of this very system: version 24 or newer
 * @param file where it is written
 */
export async function makeClient(script: string, node: string, file: string): Promise<void> {
  const folder = path.dirname(file)
  mkdirSync(folder, { recursive: true })
  const [config, blob] = [path.join(folder, 'sea.json'), path.join(folder, 'sea.blob')]
  try {
    writeFileSync(config, JSON.stringify({ ...seaConfig, main: script, output: blob }))
    execFileSync(node, ['--experimental-sea-config', config], { stdio: 'ignore' })
    copyFileSync(node, file)
    chmodSync(file, 0o755)
    // What is put in would break the signature of Node's own makers.
    if (process.platform === 'darwin')
      execFileSync('codesign', ['--remove-signature', file], { stdio: 'ignore' })
    await inject(file, 'NODE_SEA_BLOB', readFileSync(blob), {
      sentinelFuse: FUSE,
      ...(process.platform === 'darwin' && { machoSegmentName: 'NODE_SEA' }),
    })
    // Unsigned code does not even start on Apple's processors, so what the builder signs anew is signed for now.
    if (process.platform === 'darwin')
      execFileSync('codesign', ['--sign', '-', file], { stdio: 'ignore' })
  } finally {
    rmSync(config, { force: true })
    rmSync(blob, { force: true })
  }
}

const seaConfig = {
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  useCodeCache: true,
  // Whoever sets the environment of a client's child would else run a script of theirs in it.
  execArgvExtension: 'none',
} as const

/** Where Node's own packages have their licence: beside the program on Windows, above its folder elsewhere; or null. */
export function nodeLicence(node: string): string | null {
  const folder = path.dirname(node)
  const places = [path.join(folder, 'LICENSE'), path.join(folder, '..', 'LICENSE')]
  return places.find((file) => existsSync(file)) ?? null
}
