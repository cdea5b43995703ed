import path from 'node:path'

/** What clients are told to start lies in Warder's home under this name, whatever it was installed by and updated to. */
export const LAUNCHER = 'warder-mcp'

/** True where a client's command starts Warder's shim, in whatever way it was written. */
export function isShim(command: string, args: readonly string[]): boolean {
  const words = [command, ...args].map(baseName)
  const launcher = words.findIndex((word) => word === LAUNCHER || word === `${LAUNCHER}.mjs`)
  if (launcher !== -1) return launcher <= 1
  // As `warder client add` shows it, or node with the path of the command line.
  const verb = words.indexOf('mcp')
  const program = words[verb - 1] ?? ''
  const isWarder = /^warder(?:\.exe|\.cmd|\.cjs)?$/i.test(program)
  return verb > 0 && verb <= 2 && isWarder && args.includes('--client')
}

/** Of a path of any system. */
const baseName = (text: string) => path.win32.basename(text)
