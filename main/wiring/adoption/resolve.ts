import path from 'node:path'
import { meaningOf } from '../../detector/names.ts'
import { lookAt, textOf } from '../client-file.ts'
import { judgeNamed } from '../doctor/clear-values.ts'
import { isElsewhere } from '../elsewhere.ts'
import type { ClientId, ConfiguredServer, Where } from '../types.ts'
import { isObject } from '../values.ts'
import { readEnvFile } from './env-file.ts'
import { isObstacle, type Obstacle, obstacle } from './staying.ts'

/** A server of a client as that client starts it: what it refers to is written out. */
export interface Resolved {
  readonly server: ConfiguredServer
  /** Names of variables of Warder's own environment whose values are in it now. */
  readonly variables: readonly string[]
  /** The file that more of its variables came from; null where it names none. */
  readonly envFile: string | null
  /** True of a value that holds what a variable with a credential's name stood for. */
  readonly isSecret: (value: string) => boolean
}

/** How a client writes references; null: what looks like one is passed on as it stands. */
type Syntax = 'braces' | 'dollar' | 'editor' | null

const syntaxOf: Readonly<Record<ClientId, Syntax>> = {
  'claude-code': 'braces',
  gemini: 'dollar',
  cursor: 'editor',
  vscode: 'editor',
  'vscode-insiders': 'editor',
  windsurf: 'editor',
  'claude-desktop': null,
  codex: null,
  goose: null,
  zed: null,
}

const BRACES = /\$\{([A-Za-z_]\w*)(?::-([^{}]*))?\}/g
const DOLLAR = /\$(?:\{([A-Za-z_]\w*)(?::-([^{}]*))?\}|([A-Za-z_]\w*))/g
const EDITOR = /\$\{([^{}]{1,256})\}/g

/** Shorter pieces occur in other values by chance. */
const SHORTEST = 4

/**
 * @param folder absolute; the project that the server belongs to, null where it belongs to its user
 */
export function resolvedServer(
  server: ConfiguredServer,
  where: Pick<Where, 'env' | 'home' | 'platform'>,
  folder: string | null,
): Resolved | Obstacle {
  const taken = new Set<string>()
  const unset = new Set<string>()
  const secrets = new Set<string>()
  let hindrance: Obstacle | null = null

  const variable = (name: string, fallback: string | undefined, whole: string): string => {
    const value = where.env[name]
    if (value !== undefined) taken.add(name)
    const given = value ?? fallback
    if (given === undefined) {
      unset.add(name)
      return whole
    }
    const means = meaningOf(name)
    const isOne = means === 'credential' || means === 'code' || judgeNamed(name, given) === 'secret'
    if (isOne && given.length >= SHORTEST) secrets.add(given)
    return given
  }

  const place = (name: string, whole: string): string => {
    const [, of] = /^env:(\w+)$/.exec(name) ?? []
    if (of !== undefined) return variable(of, undefined, whole)
    if (name === 'userHome') return where.home
    if (name === 'pathSeparator' || name === '/') return path.sep
    if (name.startsWith('workspaceFolder')) {
      if (folder === null) hindrance ??= obstacle('stays.open_folder')
      else if (name === 'workspaceFolder') return folder
      else if (name === 'workspaceFolderBasename') return path.basename(folder)
    }
    if (name.startsWith('input:')) hindrance ??= obstacle('stays.asks_its_person')
    return whole
  }

  const written = (text: string): string => {
    switch (syntaxOf[server.client]) {
      case 'braces':
        return text.replaceAll(BRACES, (whole, name: string, fallback?: string) =>
          variable(name, fallback, whole),
        )
      case 'dollar':
        return text.replaceAll(
          DOLLAR,
          (whole, braced: string | undefined, fallback: string | undefined, plain = '') =>
            variable(braced ?? plain, fallback, whole),
        )
      case 'editor':
        return text.replaceAll(EDITOR, (whole, name: string) => place(name, whole))
      case null:
        return text
    }
  }

  const isBridge = server.args.some((word) => /^mcp-remote(?:@|$)/.test(word))
  const namesOwn = (word: string) =>
    Object.keys(server.env).some((name) => word.includes(`\${${name}}`))
  const members = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, written(value)]))
  const raw = isObject(server.raw) ? server.raw : {}
  const texts = Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [
      name,
      typeof value === 'string' ? written(value) : value,
    ]),
  )
  const { envFile: _, ...rest } = texts
  const more = variablesOf(texts.envFile, folder)
  if (isObstacle(more)) return more
  const resolved: ConfiguredServer = {
    ...server,
    command: server.command === null ? null : written(server.command),
    // mcp-remote replaces what its own entry has a variable for.
    args: server.args.map((word) => (isBridge && namesOwn(word) ? word : written(word))),
    // What the entry says goes before what its file says.
    env: { ...more.env, ...members(server.env) },
    url: server.url === null ? null : written(server.url),
    headers: members(server.headers),
    raw: isObject(server.raw) ? rest : server.raw,
  }
  if (hindrance !== null) return hindrance
  if (unset.size > 0) {
    const names = [...unset].map((name) => name.slice(0, 64)).join(', ')
    return obstacle(
      'stays.variable_unset',
      `It refers to ${names}: nothing of that name is set where Warder runs.`,
    )
  }
  const isSecret = (value: string) => [...secrets].some((secret) => value.includes(secret))
  return { server: resolved, variables: [...taken], envFile: more.file, isSecret }
}

function variablesOf(
  written: unknown,
  folder: string | null,
): { readonly file: string | null; readonly env: Readonly<Record<string, string>> } | Obstacle {
  if (typeof written !== 'string' || written === '') return { file: null, env: {} }
  const file = folder === null ? written : path.resolve(folder, written)
  if (!path.isAbsolute(file) || isElsewhere(file)) return obstacle('stays.env_file')
  const now = lookAt(file)
  if (now.state !== 'there') return obstacle('stays.env_file')
  try {
    return { file, env: Object.fromEntries(readEnvFile(textOf(now.bytes))) }
  } catch {
    return obstacle('stays.env_file')
  }
}
