import { realpathSync } from 'node:fs'
import path from 'node:path'

/**
 * Where our own files lie, seen from the sources (Node runs them as they are) and from the bundle, which is flat in
 * `dist/main`, with the entry of the command line beside it.
 */
const bundled = !import.meta.filename.endsWith('.ts')
const root = bundled
  ? path.join(import.meta.dirname, '..', '..')
  : path.join(import.meta.dirname, '..')
const main = (source: string, bundle: string) =>
  bundled ? path.join(import.meta.dirname, bundle) : path.join(import.meta.dirname, source)

export const layout = {
  /** The module that loads keytar, for `Helper`. */
  keychainHelper: main('vault/keychain-helper.ts', 'keychain-helper.js'),
  /** The command line's entry, which the shim is told to start. */
  cli: main('cli.ts', '../cli/warder.cjs'),
  /** The built page. */
  renderer: path.join(root, 'dist', 'renderer'),
} as const

/** Links that package managers turn to the Node of today, when the folder of the one before is deleted. */
const NODE_LINKS = [
  '/opt/homebrew/bin/node',
  '/usr/local/bin/node',
  '/home/linuxbrew/.linuxbrew/bin/node',
  '/usr/bin/node',
]

/** The Node that runs this, absolute, by a name that outlives its update where there is one. */
export function nodeProgram(
  running: string = process.execPath,
  links: readonly string[] = NODE_LINKS,
): string {
  const real = realOf(running)
  return links.find((link) => real !== null && realOf(link) === real) ?? running
}

function realOf(file: string): string | null {
  try {
    return realpathSync(file)
  } catch {
    return null
  }
}
