import { chmodSync, existsSync, lstatSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { WarderError } from '../errors.ts'
import { layout, nodeProgram } from '../layout.ts'
import { replaceFile } from '../store/files.ts'
import { privateFolder } from './private-folder.ts'
import { LAUNCHER } from './shim-command.ts'
import type { ShimCommand } from './types.ts'

/**
 * What clients start: a file of Warder's home that goes on to wherever Warder is installed now. Updates and moves change
 * this one file, and no configuration of any client.
 */
export interface Launcher {
  /** Absolute, for the configuration of a client. */
  command(client: string): ShimCommand
  /** Writes the file where it is missing or leads elsewhere. @returns true where it was written @throws WarderError `wiring.no_shim`, `store.unwritable` */
  refresh(): boolean
  /** True where it was written once, whatever it leads to by now. */
  exists(): boolean
  /** True where the file is there and so is what it leads to. */
  works(): boolean
}

/**
 * @param program what runs the command line, absolute; null where this process knows none, as in an AppImage
 */
export function createLauncher(
  home: string,
  program: readonly string[] | null = commandLine(),
  platform: NodeJS.Platform = process.platform,
): Launcher {
  const windows = platform === 'win32'
  const file = path.join(home, 'bin', windows ? `${LAUNCHER}.mjs` : LAUNCHER)
  // There a script is no program, and clients start theirs without a shell; an executable of ours stays where it is.
  const single = windows && program?.length === 1 ? program[0] : undefined
  if (single !== undefined)
    return {
      command: (client) => ({
        command: single,
        args: ['mcp', '--home', home, '--client', client],
      }),
      refresh: () => false,
      exists: () => false,
      works: () => existsSync(single),
    }
  const text = program && (windows ? moduleText(program, home) : scriptText(program, home))
  return {
    command: (client) => {
      const args = ['--client', client]
      return windows
        ? { command: program?.[0] ?? process.execPath, args: [file, ...args] }
        : { command: file, args }
    },
    refresh() {
      if (text === null) {
        if (leadsSomewhere(file)) return false
        throw new WarderError(
          'wiring.no_shim',
          'This app has no command that a client could start: run `warder wire` of the command line.',
        )
      }
      if (textOf(file) === text) return false
      privateFolder(path.dirname(file))
      replaceFile(file, text)
      chmodSync(file, 0o700)
      return true
    },
    exists: () => textOf(file) !== null,
    works: () => leadsSomewhere(file),
  }
}

/** The command line of this installation. */
function commandLine(): readonly string[] | null {
  if (process.versions.electron !== undefined) return besideApp()
  const single = process.getBuiltinModule('node:sea')?.isSea() === true
  return single ? [process.execPath] : [nodeProgram(), layout.cli]
}

/** The executable that is installed with the app; an AppImage runs from a mount that is gone with it. */
function besideApp(): readonly string[] | null {
  const { resourcesPath } = process as { resourcesPath?: string }
  if (resourcesPath === undefined || process.env.APPIMAGE) return null
  const name = process.platform === 'win32' ? 'warder.exe' : 'warder'
  const program = path.join(resourcesPath, 'bin', name)
  return existsSync(program) ? [program] : null
}

const scriptText = (program: readonly string[], home: string) =>
  `#!/bin/sh
# Written by Warder, anew whenever it was moved. What is changed here is lost.
exec ${[...program, 'mcp', '--home', home].map(shellWord).join(' ')} "$@"
`

const shellWord = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

/** Node that was told to run this file runs the command line instead. */
const moduleText = ([, module = layout.cli]: readonly string[], home: string) =>
  `// Written by Warder, anew whenever it was moved. What is changed here is lost.
process.argv.splice(2, 0, 'mcp', '--home', ${JSON.stringify(home)})
await import(${JSON.stringify(pathToFileURL(module).href)})
`

/** Every absolute path in it exists. */
function leadsSomewhere(file: string): boolean {
  const text = textOf(file)
  if (text === null) return false
  const paths = [
    ...[...text.matchAll(/'((?:[^']|'\\'')*)'/g)].map(([, word = '']) =>
      word.replaceAll("'\\''", "'"),
    ),
    ...[...text.matchAll(/"(file:[^"]*)"/g)].map(([, url = '']) => fileURLToPath(url)),
  ].filter((word) => path.isAbsolute(word))
  return paths.length > 0 && paths.every((place) => existsSync(place))
}

/** No link: what is executed is ours. */
function textOf(file: string): string | null {
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return null
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
