import path from 'node:path'

/**
 * Where our own files lie, seen from the sources (Node runs them as they are) and from the bundle, which is flat in
 * `dist/main`.
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
  cli: main('cli.ts', 'cli.js'),
  /** The built page. */
  renderer: path.join(root, 'dist', 'renderer'),
} as const
