import { version } from '../../version.ts'
import type { NeedsPerson } from './needs-person.ts'

/** What Warder says of itself in the name of all servers: none is waited for, and none is promised to be there. */
export const openingResult = (servers: readonly string[], needs: readonly NeedsPerson[]) => ({
  capabilities: {
    tools: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    prompts: { listChanged: true },
    completions: {},
    logging: {},
  },
  serverInfo: { name: 'warder', title: 'Warder', version },
  instructions: instructions(servers, needs),
})

/** Names of servers are the user's own and plain; nothing that a server says of itself is in it. */
function instructions(servers: readonly string[], needs: readonly NeedsPerson[]): string {
  if (servers.length === 0 && needs.length === 0)
    return 'Warder has no server that this client may use.'
  return [
    `Warder gives you the servers ${servers.join(', ') || '(none yet)'}.`,
    'A tool or prompt is called by the name of its server, two underscores and its own name.',
    ...needs.map(({ server, what }) => `${server} waits for a person: ${what}`),
  ].join(' ')
}
