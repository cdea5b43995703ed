import type { ConfiguredServer } from '../types.ts'
import { judgeAlone, judgeNamed } from './clear-values.ts'
import { type Finding, finding } from './finding.ts'

/** One finding for each server that more than one client has on its own. */
export function duplicateFindings(servers: readonly ConfiguredServer[]): Finding[] {
  const groups = Map.groupBy(
    servers.filter(({ ours }) => !ours),
    (server) => identityOf(server) ?? Symbol(),
  )
  return [...groups.values()].flatMap((group) => {
    const clients = [...new Set(group.map(({ client }) => client))]
    const [first] = group
    if (clients.length < 2 || first === undefined) return []
    return [
      finding(
        'doctor.duplicate',
        { client: first.client, file: first.file, server: first.name },
        null,
        `${clients.slice(0, -1).join(', ')} and ${clients.at(-1)} have the same server, each with settings and credentials of its own.`,
      ),
    ]
  })
}

/** The same for the same server, whatever its name, version, credentials and the way it is started. Null: nothing can be said. */
export function identityOf({ command, args, url }: ConfiguredServer): string | null {
  const remote = url ?? bridged(args)
  if (remote !== null) {
    const { origin, pathname } = URL.parse(remote) ?? {}
    return origin === undefined || origin === 'null' || pathname === undefined
      ? remote
      : origin + pathname.replace(/\/$/, '')
  }
  if (command === null) return null
  const program = (command.split(/[/\\]/).at(-1) ?? '').replace(/\.(?:exe|cmd|bat)$/i, '')
  return JSON.stringify([program, ...withoutSecrets(args).map(unversioned)])
}

/** `npx mcp-remote URL`: the server is the URL. */
function bridged(args: readonly string[]): string | null {
  const at = args.findIndex((word) => /^(?:mcp-remote|mcp-proxy|supergateway)(?:@|$)/.test(word))
  if (at === -1) return null
  return args.slice(at + 1).find((word) => /^https?:\/\//.test(word)) ?? null
}

function withoutSecrets(args: readonly string[]): string[] {
  return args.filter((word, index) => {
    const before = /^--?([\w-]+)$/.exec(args[index - 1] ?? '')?.[1]
    const [, name, value] = /^(?:--?)?([A-Za-z_][\w-]*)=(.*)$/s.exec(word) ?? []
    if (word === '-y' || word === '--yes') return false
    if (name !== undefined) return judgeNamed(name, value ?? '') === null
    if (before !== undefined && judgeNamed(before, word) !== null) return false
    return judgeAlone(word) === null
  })
}

const unversioned = (word: string) => word.replace(/^((?:@[\w.-]+\/)?[\w.-]+)@[\w.^~-]+$/, '$1')
