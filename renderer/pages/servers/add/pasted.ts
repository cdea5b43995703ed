import { type Draft, emptyDraft, nameFrom, newValue } from './draft.ts'

export interface Pasted {
  drafts: Draft[]
  /** Why nothing can be made of it, in a sentence; null where something can. */
  problem: string | null
}

/** Places where clients keep their servers: Claude, Cursor, Windsurf; VS Code; Zed. */
const PLACES = ['mcpServers', 'servers', 'context_servers']

/** The servers of a piece of some client's settings: the whole file, the part about servers, or one of them. */
export function readPasted(text: string): Pasted {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { drafts: [], problem: 'That is not JSON.' }
  }
  if (!isObject(value)) return { drafts: [], problem: 'That is no object with servers in it.' }
  const part = PLACES.map((place) => value[place]).find(isObject) ?? value
  const entries = isServer(part) ? [['', part] as const] : Object.entries(part)
  const drafts = entries.flatMap(([name, server]) =>
    isObject(server) && isServer(server) ? [draftOf(name, server)] : [],
  )
  return drafts.length === 0
    ? { drafts, problem: 'No server is in it: one has a `command` or a `url`.' }
    : { drafts, problem: null }
}

function draftOf(name: string, server: Record<string, unknown>): Draft {
  const url = server.url ?? server.serverUrl ?? server.httpUrl
  const shared = { ...emptyDraft, name: nameFrom(name) }
  if (typeof url === 'string') {
    const headers = valuesOf(server.headers)
    return {
      ...shared,
      kind: 'remote',
      url,
      auth: headers.length > 0 ? 'header' : 'oauth',
      headers,
    }
  }
  const args = Array.isArray(server.args) ? server.args.map(String) : []
  return {
    ...shared,
    kind: 'local',
    program: String(server.command),
    args: args.join('\n'),
    env: valuesOf(server.env),
  }
}

/** What looks like a credential is meant for the vault; the person can say otherwise. */
function valuesOf(given: unknown) {
  if (!isObject(given)) return []
  return Object.entries(given).map(([name, value]) => {
    const secret = /key|token|secret|pass|auth|cred/i.test(name)
    return newValue(name, String(value), secret)
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isServer = (value: Record<string, unknown>) =>
  ['command', 'url', 'serverUrl', 'httpUrl'].some((key) => typeof value[key] === 'string')
