import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What a batch file of Windows stands for. */
export interface Batch {
  /** Absolute path of a script of Node. */
  readonly script: string
  /** The Node that lies beside the batch file; null where the one in PATH is meant. */
  readonly node: string | null
}

/** The part of the disk that is looked at. */
export interface BatchDisk {
  readonly exists: (file: string) => boolean
  readonly read: (file: string) => string
}

const disk: BatchDisk = { exists: existsSync, read: (file) => readFileSync(file, 'utf8') }

/**
 * Windows runs batch files by cmd.exe only, which reads arguments as commands (CVE-2024-27980). Those that npm makes do
 * one thing, and that can be done without them: Node runs the script that they name.
 *
 * @param file absolute path in the form of Windows
 * @returns null for a batch file of another kind
 */
export function readBatch(file: string, { exists, read }: BatchDisk = disk): Batch | null {
  const folder = path.win32.dirname(file)
  const beside = path.win32.join(folder, 'node.exe')
  const node = exists(beside) ? beside : null
  const name = path.win32.parse(file).name.toLowerCase()
  if (name === 'npm' || name === 'npx') {
    // These two come with Node and are written otherwise.
    const script = path.win32.join(folder, 'node_modules', 'npm', 'bin', `${name}-cli.js`)
    return exists(script) ? { script, node } : null
  }
  const [, named] = SHIM.exec(textOf(file, read)) ?? []
  if (named === undefined) return null
  const script = path.win32.resolve(folder, named)
  return exists(script) ? { script, node } : null
}

/** As cmd-shim writes it: the program is Node, its first argument the script, and then come those that were given. */
const SHIM =
  /SET "?_prog=node"?\r?\n(?:.*\r?\n)+?.*"%_prog%" {1,2}"%(?:~dp0|dp0%)\\([^"%]+\.[cm]?js)" %\*\s*$/i

function textOf(file: string, read: BatchDisk['read']): string {
  try {
    return read(file)
  } catch {
    return ''
  }
}
