import type { WarderError } from '../../errors.ts'
import { version } from '../../version.ts'
import { type RequestMessage, readMessage, resultResponse } from '../envelope.ts'
import { type JsonNode, readJson } from '../json-scan.ts'
import { LATEST_SESSION_REVISION, notConnected } from '../opening.ts'
import { type Claim, META, SPOKEN_REVISIONS } from './claim.ts'

/**
 * The `initialize` that Warder says to a server with sessions in the name of a client that has none: the client's own
 * words, as its request carried them. A list of roots that changes has no notification, so it is not promised.
 */
export function openingFor({ capabilities, info }: Claim): RequestMessage {
  const abilities = ABILITIES.flatMap((name) => {
    const ability = capabilities.member(name)
    if (ability?.kind !== 'object') return []
    return [`"${name}":${name === 'roots' ? '{}' : ability.raw}`]
  })
  const clientInfo = info?.raw ?? JSON.stringify({ name: 'warder', version })
  return readMessage(
    `{"jsonrpc":"2.0","id":"opening","method":"initialize","params":{"protocolVersion":"${LATEST_SESSION_REVISION}","capabilities":{${abilities.join(',')}},"clientInfo":${clientInfo}}}`,
  ) as RequestMessage
}

const ABILITIES = ['roots', 'sampling', 'elicitation', 'experimental', 'extensions']

/** What a server with sessions said of itself when it was opened, as a DiscoverResult (MCP 2026-07-28, server/discover). */
export function discoverResult(opened: JsonNode): string {
  const instructions = opened.member('instructions')
  const said = opened.member('capabilities')
  const capabilities =
    said?.members().flatMap(({ name, value }) => {
      // Tasks of a session's revision are another thing than the extension of that name.
      return name === 'tasks' ? [] : [`${JSON.stringify(name)}:${value.raw}`]
    }) ?? []
  const members = [
    '"resultType":"complete"',
    `"supportedVersions":${JSON.stringify(SPOKEN_REVISIONS)}`,
    `"capabilities":{${capabilities.join(',')}}`,
    ...(instructions?.kind === 'string' ? [`"instructions":${instructions.raw}`] : []),
    '"ttlMs":0,"cacheScope":"private"',
    ...metaOf(serverInfoOf(opened)),
  ]
  return `{${members.join(',')}}`
}

/**
 * The answer to `server/discover` in the place of a server that waits for a person: a client that is refused takes the
 * server for one of another era, and asks no more.
 */
export function discoverWithoutServer(
  discover: RequestMessage,
  server: string,
  reason: WarderError,
): string {
  const opened = readJson(JSON.stringify(notConnected(server, reason.message)))
  return resultResponse(discover.id, discoverResult(opened))
}

/** The name that a server gave itself at the opening, as JSON text; null where it has none. */
export function serverInfoOf(opened: JsonNode): string | null {
  const info = opened.member('serverInfo')
  const named = info?.member('name')?.string() !== undefined
  return named && info?.member('version')?.string() !== undefined ? info.raw : null
}

const metaOf = (info: string | null) =>
  info === null ? [] : [`"_meta":{"${META}serverInfo":${info}}`]
