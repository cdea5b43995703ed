import { findClients } from '../find-clients.ts'
import type { ClientFile, FoundClient, Where } from '../types.ts'
import { duplicateFindings } from './duplicates.ts'
import { exposureFindings, openPorts } from './exposure.ts'
import { cacheFindings, envFileFindings, fileFindings, ownFindings } from './files.ts'
import type { Finding } from './finding.ts'
import { holdsSecret, secretFindings } from './secrets.ts'
import { startFindings } from './starts.ts'

export interface Diagnosis {
  readonly clients: readonly FoundClient[]
  readonly findings: readonly Finding[]
}

interface Options {
  /** Warder's own home. */
  readonly home: string
  readonly clients?: (where: Where) => readonly FoundClient[]
  readonly ports?: () => ReadonlySet<number>
}

/** Looks at everything and changes nothing; nothing is started, and nobody is asked over a network. */
export async function diagnose(where: Where, options: Options): Promise<Diagnosis> {
  const { home, clients: look = findClients, ports = openPorts } = options
  const clients = look(where).map((client) => ({ ...client, files: onceEach(client.files) }))
  const listening = ports()
  const files = clients.flatMap((client) => client.files)
  const servers = files.flatMap((file) => file.servers).filter(({ ours }) => !ours)
  const perServer = await Promise.all(
    servers.map(async (server) => [
      ...secretFindings(server),
      ...envFileFindings(server, where),
      ...(await startFindings(server, where)),
      ...exposureFindings(server, listening),
    ]),
  )
  const findings = [
    ...files.flatMap((file) => fileFindings(file, file.servers.some(holdsSecret))),
    ...perServer.flat(),
    ...duplicateFindings(servers),
    ...cacheFindings(where),
    ...ownFindings(home),
  ]
  return { clients, findings: worstFirst(findings) }
}

const RANK = { high: 0, medium: 1, low: 2 } as const

export const worstFirst = <F extends Pick<Finding, 'severity'>>(findings: readonly F[]): F[] =>
  findings.toSorted((a, b) => RANK[a.severity] - RANK[b.severity])

/** A project's file is the user's own where somebody works in the home directory. */
export const onceEach = (files: readonly ClientFile[]) =>
  files.filter(({ file }, index) => files.findIndex((other) => other.file === file) === index)
