import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Batch, readBatch } from './batch.ts'

/** Where a program is looked for. */
export interface CommandSearch {
  /** PATH of the child's environment. Entries that are not absolute are passed over. */
  readonly path: string | undefined
  /** The folder that a relative command with a slash is relative to. */
  readonly cwd?: string | undefined
  /** PATHEXT on Windows. */
  readonly pathExt?: string | undefined
  readonly platform?: NodeJS.Platform
}

/**
 * Found as an absolute path, or why not, in words that follow "could not be started: ". With a script where a batch file
 * was found that has Node run it.
 */
export type FoundCommand =
  | { readonly file: string; readonly script?: string; readonly problem?: never }
  | { readonly file?: never; readonly script?: never; readonly problem: string }

/**
 * Finds the program that a command names, as the operating system would but only in absolute places: what is approved
 * and what is run is then one file, and "not there" can be told apart from every other failure.
 */
export async function findCommand(
  command: string,
  search: CommandSearch,
  look: Look = lookOnDisk,
  batch: (file: string) => Batch | null = readBatch,
): Promise<FoundCommand> {
  const windows = (search.platform ?? process.platform) === 'win32'
  const place = windows ? path.win32 : path.posix
  const endings = windows && place.extname(command) === '' ? extensions(search.pathExt) : ['']

  if ((windows ? /[/\\]/ : /\//).test(command)) {
    if (!place.isAbsolute(command) && search.cwd === undefined)
      return { problem: `${quoted(command)} is a relative path and the server has no cwd` }
    return pick(candidates([place.resolve(search.cwd ?? '', command)], endings))
  }
  const folders = (search.path ?? '').split(place.delimiter).filter((dir) => place.isAbsolute(dir))
  const files = folders.map((folder) => place.join(folder, command))
  return pick(candidates(files, endings))

  async function pick(files: string[]): Promise<FoundCommand> {
    let problem = `there is no program ${quoted(command)}`
    for (const file of files) {
      const state = await look(file)
      if (state === 'not-executable') problem = `${quoted(file)} may not be executed`
      if (state !== 'program') continue
      return /\.(?:cmd|bat)$/i.test(file) ? pickBatch(file) : { file }
    }
    return { problem }
  }

  async function pickBatch(file: string): Promise<FoundCommand> {
    const meant = batch(file)
    if (meant === null) return { problem: batchFile(file) }
    if (meant.node !== null) return { file: meant.node, script: meant.script }
    const node = await findCommand('node', search, look, batch)
    return node.file === undefined ? node : { file: node.file, script: meant.script }
  }
}

const extensions = (pathExt = '.COM;.EXE;.BAT;.CMD') =>
  pathExt.split(';').filter((ext) => ext !== '')

const candidates = (files: string[], endings: string[]) =>
  files.flatMap((file) => endings.map((ending) => file + ending))

/** What stands at a path. */
export type Look = (file: string) => Promise<'program' | 'not-executable' | 'absent'>

const lookOnDisk: Look = async (file) => {
  try {
    if (!(await stat(file)).isFile()) return 'absent'
  } catch {
    return 'absent'
  }
  return access(file, constants.X_OK).then(
    () => 'program',
    () => 'not-executable',
  )
}

const batchFile = (file: string) =>
  `${quoted(file)} is a batch file, which runs only in a shell, and Warder starts none; ` +
  'use "node" as the command and the path of the package’s script as its first argument'

/** A name in a sentence, on one line. */
const quoted = (name: string) => JSON.stringify(name)
