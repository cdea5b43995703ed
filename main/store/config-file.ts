import { watch } from 'node:fs'
import path from 'node:path'
import {
  applyEdits,
  findNodeAtLocation,
  type JSONPath,
  modify,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import { z } from 'zod'
import { WarderError } from '../errors.ts'
import { type Config, configSchema } from './config-schema.ts'
import { readTextIfPresent, replaceFile } from './files.ts'

/** `config.json`, which people edit: comments and order survive our own edits. */
export interface ConfigFile {
  /** @throws WarderError `config.invalid` with line and reason in the message, `config.secret_in_clear` */
  read(): Config
  /** Sets (or, with undefined, removes) the value at a path and leaves every other byte as it was. */
  set(location: JSONPath, value: unknown): void
  /** Calls back after the file was changed by somebody else. @returns a function that ends the watch */
  watch(listener: () => void): () => void
}

/** Editors and `git checkout` write in several steps; the file is read when they have been quiet for this long. */
const SETTLE_MS = 50

const EMPTY = '{\n  "$schema": "./config.schema.json"\n}\n'
const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2 } }

export function openConfigFile(home: string): ConfigFile {
  const file = path.join(home, 'config.json')
  // The editor's help is kept beside the file, so that it matches this version and needs no network.
  replaceFile(
    path.join(home, 'config.schema.json'),
    `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  )
  if (readTextIfPresent(file) === null) replaceFile(file, EMPTY)
  let known = readTextIfPresent(file)

  return {
    read: () => parseConfig(readTextIfPresent(file) ?? EMPTY),
    set(location, value) {
      const text = readTextIfPresent(file) ?? EMPTY
      const edited = applyEdits(text, modify(text, location, value, FORMAT))
      parseConfig(edited)
      replaceFile(file, edited)
      known = edited
    },
    watch(listener) {
      let timer: NodeJS.Timeout | undefined
      // The directory, not the file: an atomic replace would leave us watching the file that is gone.
      const watcher = watch(home, (_event, name) => {
        if (name !== null && name !== path.basename(file)) return
        clearTimeout(timer)
        timer = setTimeout(() => {
          const text = readTextIfPresent(file)
          if (text === known) return
          known = text
          listener()
        }, SETTLE_MS)
      })
      return () => {
        clearTimeout(timer)
        watcher.close()
      }
    },
  }
}

/** The published JSON Schema of `config.json`. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input' })
}

/** @throws WarderError `config.invalid`, `config.secret_in_clear`, each with the line in message and details */
export function parseConfig(text: string): Config {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const first = errors[0]
  if (first !== undefined) throw invalid(text, first.offset, printParseErrorCode(first.error))
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const location = (issue?.path ?? []) as JSONPath
    throw invalid(
      text,
      offsetOf(text, location),
      `${location.join('.') || 'the file'}: ${issue?.message ?? 'invalid'}`,
    )
  }
  refuseSecrets(text, parsed.data)
  return parsed.data
}

function invalid(text: string, offset: number, reason: string): WarderError {
  const line = text.slice(0, offset).split('\n').length
  return new WarderError('config.invalid', `config.json, line ${line}: ${reason}`, {
    details: { line },
  })
}

function offsetOf(text: string, location: JSONPath): number {
  const tree = parseTree(text, [], { allowTrailingComma: true })
  // A missing member has no place of its own: point at the nearest parent that is there.
  for (let depth = location.length; tree !== undefined && depth >= 0; depth--) {
    const node = findNodeAtLocation(tree, location.slice(0, depth))
    if (node !== undefined) return node.offset
  }
  return 0
}

/** Names under which people keep credentials; what stands there has to be a reference into the vault. */
const CREDENTIAL_NAME =
  /auth|token|secret|passw|api[-_]?key|credential|private[-_]?key|cookie|session/i

function refuseSecrets(text: string, config: Config): void {
  for (const [server, definition] of Object.entries(config.servers)) {
    for (const field of ['headers', 'env'] as const) {
      const values =
        field in definition
          ? ((definition as Record<string, unknown>)[field] as Record<string, string>)
          : {}
      for (const [name, value] of Object.entries(values ?? {}))
        if (CREDENTIAL_NAME.test(name) && !/^(?:secret|grant):/.test(value) && value !== '')
          throw new WarderError(
            'config.secret_in_clear',
            `config.json, line ${lineOf(text, ['servers', server, field, name])}: ${name} of ${server} looks like a credential in clear text.`,
          )
    }
    if ('url' in definition && /^[a-z]+:\/\/[^/?#]*@/i.test(definition.url))
      throw new WarderError(
        'config.secret_in_clear',
        `config.json, line ${lineOf(text, ['servers', server, 'url'])}: the URL of ${server} holds a user name or password.`,
      )
  }
}

const lineOf = (text: string, location: JSONPath) =>
  text.slice(0, offsetOf(text, location)).split('\n').length
