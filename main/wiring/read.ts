import { type FileNow, lookAt, textOf } from './client-file.ts'
import { formats } from './formats/index.ts'
import { isShim } from './shim-command.ts'
import type { ClientFile, ConfiguredServer, Scope, WiringClient } from './types.ts'
import { isObject, valueAt } from './values.ts'

/** Reads one file of a client as the client would, and every server in it. Never throws: what is wrong is its state. */
export function readClientFile(client: WiringClient, scope: Scope, file: string): ClientFile {
  return describeFile(client, scope, lookAt(file))
}

export function describeFile(client: WiringClient, scope: Scope, now: FileNow): ClientFile {
  const { file } = now
  const empty = { client: client.id, scope, file, problem: null, servers: [] }
  if (now.state === 'absent') return { ...empty, state: 'absent', readableByOthers: false }
  if (now.state === 'unusable')
    return { ...empty, state: 'unusable', problem: now.problem, readableByOthers: false }
  const readableByOthers = process.platform !== 'win32' && (now.mode & 0o044) !== 0
  try {
    const content = formats[client.format].parse(textOf(now.bytes))
    const servers = serversIn(client, scope, file, content)
    return { ...empty, state: 'read', servers, readableByOthers }
  } catch {
    const problem = `${file} is not ${formatTitles[client.format]}, so ${client.title} cannot read it either.`
    return { ...empty, state: 'broken', problem, readableByOthers }
  }
}

export const formatTitles = {
  json: 'valid JSON',
  jsonc: 'valid JSON (comments aside)',
  toml: 'valid TOML',
  yaml: 'valid YAML',
} as const

function serversIn(
  client: WiringClient,
  scope: Scope,
  file: string,
  content: unknown,
): ConfiguredServer[] {
  return [client.servers, ...(client.otherServers?.(content) ?? [])].flatMap((container) => {
    const entries = valueAt(content, container)
    if (!isObject(entries)) return []
    return Object.entries(entries).map(([name, raw]) => ({
      client: client.id,
      scope,
      file,
      at: [...container, name],
      name,
      raw,
      ...entryIn(raw),
    }))
  })
}

/** Members by the names that any client has for them; no two clients mean different things by one. */
function entryIn(
  raw: unknown,
): Omit<ConfiguredServer, 'client' | 'scope' | 'file' | 'at' | 'name' | 'raw'> {
  const entry = isObject(raw) ? raw : {}
  // Zed wrote { "command": { "path", "args", "env" } } for a while.
  const nested = isObject(entry.command) ? entry.command : entry
  const command = textIn(nested.path) ?? textIn(entry.command) ?? textIn(entry.cmd)
  const args = listIn(nested.args)
  const url =
    textIn(entry.httpUrl) ?? textIn(entry.url) ?? textIn(entry.serverUrl) ?? textIn(entry.uri)
  return {
    transport: transportOf(entry, command, url),
    command,
    args,
    env: { ...textsIn(nested.env), ...textsIn(entry.envs) },
    url,
    headers: { ...textsIn(entry.headers), ...textsIn(entry.http_headers) },
    enabled: entry.enabled !== false && entry.disabled !== true,
    ours: command !== null && isShim(command, args),
  }
}

function transportOf(
  entry: Record<string, unknown>,
  command: string | null,
  url: string | null,
): ConfiguredServer['transport'] {
  if (entry.type === 'sse') return 'sse'
  if (command !== null) return 'stdio'
  return url === null ? 'unknown' : 'http'
}

const textIn = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const listIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

const textsIn = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).filter(
      (member): member is [string, string] => typeof member[1] === 'string',
    ),
  )
