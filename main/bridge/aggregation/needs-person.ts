import { isOfKind } from '../../oauth/grant-kind.ts'
import type { Grant } from '../../oauth/types.ts'
import { signsIn } from '../../servers/servers.ts'
import type { ServerDefinition } from '../../store/config-schema.ts'

/** A server that is not to be used before a person has done something. */
export interface NeedsPerson {
  readonly server: string
  /** What is to be done, as a sentence. */
  readonly what: string
}

/** What is known without asking anybody, in the order of the servers' names. */
export function needsPerson(options: {
  servers: Readonly<Record<string, ServerDefinition>>
  /** Servers whose definition a person has to approve first. */
  held: readonly string[]
  grants: readonly Grant[]
}): NeedsPerson[] {
  const { servers, held, grants } = options
  const signedIn = new Set(
    grants
      .filter((grant) => grant.state === 'connected' && isOfKind(servers, grant))
      .map(({ server }) => server),
  )
  const unsigned = Object.entries(servers)
    .filter(([server, definition]) => signsIn(definition) && !signedIn.has(server))
    .map(([server]) => ({ server, what: `connect it with \`warder connect ${server}\`.` }))
  const waiting = held
    .filter((server) => !Object.hasOwn(servers, server))
    .map((server) => ({ server, what: 'approve it with `warder approvals`.' }))
  return [...unsigned, ...waiting].sort((a, b) => (a.server < b.server ? -1 : 1))
}
