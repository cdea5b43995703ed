import { version } from '../../version.ts'
import { limits } from '../limits.ts'
import { createLook } from '../pins/hidden.ts'
import type { NeedsPerson } from './needs-person.ts'

interface Servers {
  readonly servers: readonly string[]
  readonly needs: readonly NeedsPerson[]
  /** What a server wants its users to know; null where nothing is known. */
  readonly said: (server: string) => string | null
}

/** What Warder says of itself in the name of all servers: none is waited for, and none is promised to be there. */
export const openingResult = (all: Servers) => ({
  capabilities: {
    tools: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    prompts: { listChanged: true },
    completions: {},
    logging: {},
  },
  serverInfo: { name: 'warder', title: 'Warder', version },
  instructions: instructions(all),
})

/** Names of servers are the user's own and plain. */
function instructions({ servers, needs, said }: Servers): string {
  if (servers.length === 0 && needs.length === 0)
    return 'Warder has no server that this client may use.'
  const own = [
    `Warder gives you the servers ${servers.join(', ') || '(none yet)'}.`,
    'A tool or prompt is called by the name of its server, two underscores and its own name.',
    ...needs.map(({ server, what }) => `${server} waits for a person: ${what}`),
  ].join(' ')
  let left = limits.allInstructions
  const words = servers.flatMap((server) => {
    // A character may be cut in two here as well.
    const text = quoted(said(server) ?? '')
      .slice(0, left)
      .toWellFormed()
    left -= text.length
    return text === '' ? [] : [`The server ${server} says of its own tools:\n${text}`]
  })
  return [own, ...words].join('\n\n')
}

/** As the words of a stranger: no line of it can pass for one of Warder or of another server. */
function quoted(text: string): string {
  const whole = text.trim()
  if (whole === '' || createLook()(whole)) return ''
  const most = limits.instructions
  const shown = whole.length <= most ? whole : `${whole.slice(0, most).toWellFormed()}…`
  return shown
    .split(/\r\n|[\r\n]/)
    .map((line) => `> ${line}`)
    .join('\n')
}
