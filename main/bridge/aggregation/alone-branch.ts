import { randomUUID } from 'node:crypto'
import { type RequestMessage, readMessage } from '../envelope.ts'
import { type Claim, META } from '../eras/claim.ts'
import { withMembers } from '../json-edit.ts'
import { type JsonNode, readJson } from '../json-scan.ts'
import type { StatelessVisit } from '../stateless-visit.ts'
import type { Channel } from '../types.ts'
import { type Branch, type BranchPlace, onceOpened, waitsForNobody } from './branch.ts'
import { resultIn } from './session-branch.ts'

/**
 * One server for a client whose requests stand alone: what is asked of it here carries what the client says of itself.
 *
 * @param visit the way of such a client to the server
 */
export function createAloneBranch(
  place: BranchPlace,
  house: {
    claim: Claim
    visit: (server: string, channel: Channel) => StatelessVisit
    now: () => number
  },
): Branch {
  const { claim, visit, now } = house
  const { server } = place
  let capabilities: JsonNode | undefined
  let ended = false

  async function ask(method: string, params: string): Promise<JsonNode> {
    let answer: string | null = null
    const reply = (reply: string) => {
      answer = reply
    }
    const channel = { reply, refuse: reply, send: () => {}, leaving: () => waitsForNobody }
    await visit(server, channel).request(requestAs(claim, method, params), claim)
    return resultIn(answer, server)
  }

  const opening = onceOpened(now, async () => {
    capabilities = (await ask('server/discover', '{}')).member('capabilities')
  })

  return {
    ...place,
    get openingSince() {
      return opening.since()
    },
    opened: opening.opened,
    offers: (feature) => capabilities?.member(feature)?.kind === 'object',
    ask,
    get ended() {
      return ended
    },
    // The sessions behind it are those of requests that stand alone, and end when nobody uses them.
    async close() {
      ended = true
    },
  }
}

/** A request of ours in the client's name. @param params a JSON object */
export function requestAs(claim: Claim, method: string, params: string): RequestMessage {
  const id = JSON.stringify(`warder-${randomUUID()}`)
  const said = withMembers(readJson(params), { _meta: metaOf(claim) })
  return readMessage(
    `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${said}}`,
  ) as RequestMessage
}

/** What every request has to carry (MCP 2026-07-28, basic, `_meta`), as the client wrote it. */
function metaOf({ revision, capabilities, info }: Claim): string {
  const members = [
    `"${META}protocolVersion":${JSON.stringify(revision)}`,
    `"${META}clientCapabilities":${capabilities.raw}`,
    ...(info === undefined ? [] : [`"${META}clientInfo":${info.raw}`]),
  ]
  return `{${members.join(',')}}`
}
