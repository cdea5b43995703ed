import { WarderError } from '../../errors.ts'
import { sha256 } from '../client-file.ts'
import { wiringClients } from '../clients/index.ts'
import { describeFile } from '../read.ts'
import type { ConfiguredServer } from '../types.ts'
import { isObject } from '../values.ts'

/**
 * The servers in a piece of any client's configuration: a whole file, or what a page of instructions shows; also one entry
 * alone, which has no name then.
 *
 * @throws WarderError `server.import_invalid`
 */
export function pastedServers(text: string): readonly ConfiguredServer[] {
  const whole = serversIn(text)
  const found = whole.length > 0 ? whole : serversIn(asEntry(text) ?? '')
  if (found.length > 0) return found
  throw new WarderError(
    'server.import_invalid',
    'No server of a client that Warder knows is in it, nor a server.json.',
  )
}

/** Each client reads it as its own file; the first that finds servers in it is believed. */
function serversIn(text: string): readonly ConfiguredServer[] {
  const bytes = Buffer.from(text)
  const file = 'what was given'
  const now = {
    state: 'there',
    file,
    target: file,
    isLink: false,
    bytes,
    sha256: sha256(bytes),
    mode: 0o600,
    uid: 0,
    gid: 0,
  } as const
  for (const client of LENIENT) {
    const { servers } = describeFile(client, 'user', now)
    if (servers.length > 0) return servers
  }
  return []
}

/** Comments do no harm in a piece that somebody pasted, whoever's it is. */
const LENIENT = wiringClients.map((client) =>
  client.format === 'json' ? { ...client, format: 'jsonc' as const } : client,
)

/** `{ "command": … }`, `{ "name": { "command": … } }`, and `"name": { … }` without the braces around it. */
function asEntry(text: string): string | null {
  const content = parsed(text) ?? parsed(`{${text}}`)
  if (!isObject(content)) return null
  // VS Code's settings have them one deeper.
  if (isObject(content.mcp)) return JSON.stringify(content.mcp)
  if (isEntry(content)) return JSON.stringify({ mcpServers: { server: content } })
  return Object.values(content).some(isEntry) ? JSON.stringify({ mcpServers: content }) : null
}

const isEntry = (value: unknown) =>
  isObject(value) &&
  ['command', 'cmd', 'url', 'httpUrl', 'serverUrl', 'uri'].some((name) => name in value)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
