import { version } from '../../version.ts'
import type { RequestMessage } from '../envelope.ts'
import type { JsonNode } from '../json-scan.ts'
import { ownRevision } from '../opening.ts'
import type { Speaker } from './request-meta.ts'

/**
 * The result that a client gets for its `initialize` from a server that has none: what the server says of itself in its
 * DiscoverResult, in the words of the session's revision. What it says unasked (`listChanged`, `subscribe`) Warder
 * listens for.
 *
 * @param discovered null where the server does not answer `server/discover`
 */
export function openingResult(initialize: RequestMessage, discovered: JsonNode | null): string {
  const info =
    discovered?.member('_meta')?.member('io.modelcontextprotocol/serverInfo') ??
    discovered?.member('serverInfo')
  const named = info?.member('name')?.string() !== undefined
  const versioned = info?.member('version')?.string() !== undefined
  const instructions = discovered?.member('instructions')
  const members = [
    `"protocolVersion":${JSON.stringify(ownRevision(initialize))}`,
    `"capabilities":${capabilities(discovered)}`,
    `"serverInfo":${info && named && versioned ? info.raw : UNNAMED}`,
    ...(instructions?.kind === 'string' ? [`"instructions":${instructions.raw}`] : []),
  ]
  return `{${members.join(',')}}`
}

const UNNAMED = '{"name":"unnamed","version":"unknown"}'
const FEATURES = ['tools', 'resources', 'prompts', 'completions', 'logging']

function capabilities(discovered: JsonNode | null): string {
  const said = discovered?.member('capabilities')
  const features =
    said?.kind === 'object'
      ? FEATURES.filter((feature) => said.member(feature)?.kind === 'object')
      : ['tools', 'resources', 'prompts']
  const texts = features.map((feature) => {
    const kept = UNASKED.filter((what) => said?.member(feature)?.member(what)?.boolean() === true)
    return `"${feature}":{${kept.map((what) => `"${what}":true`).join(',')}}`
  })
  return `{${texts.join(',')}}`
}

const UNASKED = ['listChanged', 'subscribe']

/** Which of the client's abilities the server may count on; those of the session's revision alone stay behind. */
export function speakerOf(initialize: RequestMessage): Speaker {
  const { params } = initialize
  const info = params?.member('clientInfo')
  const said = params?.member('capabilities')
  const abilities = ['sampling', 'elicitation', 'experimental', 'extensions'].flatMap((name) => {
    const ability = said?.member(name)
    return ability?.kind === 'object' ? [`"${name}":${ability.raw}`] : []
  })
  // A list of roots that changed has no notification any more.
  if (said?.member('roots')?.kind === 'object') abilities.push('"roots":{}')
  return {
    info: info?.kind === 'object' ? info.raw : JSON.stringify({ name: 'warder', version }),
    capabilities: `{${abilities.join(',')}}`,
    logLevel: null,
  }
}
