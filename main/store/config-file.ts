import { type FSWatcher, lstatSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { WarderError } from '../errors.ts'
import { editJson } from './config-edit.ts'
import { parseConfig } from './config-parse.ts'
import { type Config, configSchema } from './config-schema.ts'
import { replaceFile } from './files.ts'
import { watchPlace } from './watch-place.ts'

/** `config.json`, which people edit: comments and order survive our own edits. */
export interface ConfigFile {
  /** @throws WarderError `config.invalid` with line and reason in the message, `config.secret_in_clear` */
  read(): Config
  /**
   * Sets, appends (index -1) or, with undefined, removes the value at a path and leaves every other byte as it was.
   * @throws WarderError as `read`, of the file as it is and as it would be; `store.unwritable`
   */
  set(location: (string | number)[], value: unknown): void
  /** Calls back after the file was changed by somebody else. @returns a function that ends the watch */
  watch(listener: () => void): () => void
}

/** Editors and `git checkout` write in several steps; the file is read when they have been quiet for this long. */
const SETTLE_MS = 50

const EMPTY = '{\n  "$schema": "./config.schema.json"\n}\n'

export function openConfigFile(home: string): ConfigFile {
  const file = path.join(home, 'config.json')
  // The editor's help is kept beside the file, so that it matches this version and needs no network.
  replaceFile(path.join(home, 'config.schema.json'), configSchemaText())
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) replaceFile(file, EMPTY)
  let known = textOrNull(file)

  return {
    read: () => parseConfig(readText(file)),
    set(location, value) {
      const text = readText(file)
      parseConfig(text)
      const edited = editJson(text, location, value)
      parseConfig(edited)
      // People who keep their settings in a repository link to them: the link stays, its target is replaced.
      replaceFile(realpathSync(file), edited)
      known = edited
    },
    watch(listener) {
      let timer: NodeJS.Timeout | undefined
      let watchers: FSWatcher[] = []
      const settle = () => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          // An atomic replace leaves us watching the file that is gone.
          rewatch()
          const text = textOrNull(file)
          if (text === known) return
          known = text
          listener()
        }, SETTLE_MS)
      }
      const leave = () => {
        for (const watcher of watchers) watcher.close()
      }
      function rewatch(): void {
        leave()
        watchers = placesOf(file).flatMap((place) => watchPlace(place, settle))
      }
      rewatch()
      return () => {
        clearTimeout(timer)
        leave()
      }
    },
  }
}

/** The file and, where it is a link, what it leads to: either may change. */
function placesOf(file: string): string[] {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return [file]
  try {
    return [file, realpathSync(file)]
  } catch {
    return [file]
  }
}

/** The published JSON Schema of `config.json`. */
export function configSchemaText(): string {
  return `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`
}

/** A missing file is a broken edit like any other: it is no request to forget everything. */
function readText(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw new WarderError('config.invalid', 'config.json is missing or cannot be read.', { cause })
  }
  try {
    // What is not UTF-8 would come back changed from an edit of ours.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new WarderError('config.invalid', 'config.json is not UTF-8 text.', { cause })
  }
}

function textOrNull(file: string): string | null {
  try {
    return readText(file)
  } catch {
    return null
  }
}
