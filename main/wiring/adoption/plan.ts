import { toWarderError } from '../../errors.ts'
import { type FileNow, lookAt, textOf } from '../client-file.ts'
import { clearPlaces, holdsSecret } from '../doctor/secrets.ts'
import { withEntry, withoutEntry } from '../edit.ts'
import { findClients } from '../find-clients.ts'
import { OWN_NAME, type WiringHouse } from '../plan.ts'
import { describeFile } from '../read.ts'
import { refuseUnwritable } from '../replace.ts'
import type { ClientId, ConfiguredServer, WiringClient } from '../types.ts'
import { type Incoming, incomingServer, isObstacle } from './definition.ts'
import { type Patch, patchBetween } from './patches.ts'
import { warderName } from './secret-name.ts'

/** Servers of clients that go into Warder, and what that makes of the clients' files. Nothing is done yet. */
export interface AdoptionPlan {
  readonly servers: readonly AdoptedServer[]
  readonly files: readonly AdoptedFile[]
  /** What stays where it is, and why. */
  readonly left: readonly LeftServer[]
}

export interface AdoptedServer extends Incoming {
  /** More than one where several clients have the same one, credentials included. */
  readonly from: readonly Pick<ConfiguredServer, 'client' | 'file' | 'name'>[]
}

export interface AdoptedFile {
  readonly client: ClientId
  readonly before: FileNow & { readonly state: 'there' }
  readonly after: Buffer
  /** In the order in which they were made. */
  readonly patches: readonly Patch[]
  /** Names of the entries that go, and all of them, for a file that others change meanwhile. */
  readonly entries: Readonly<Record<string, unknown>>
  /** The entry that starts Warder, where it was not there before; null else. */
  readonly entry: Readonly<Record<string, unknown>> | null
}

export interface LeftServer extends Pick<ConfiguredServer, 'client' | 'file' | 'name'> {
  readonly problem: string
}

/**
 * @param taken names that a server or a secret of Warder has already
 * @param wanted which servers; those with a credential in the clear by default
 */
export function planAdoption(
  house: Pick<WiringHouse, 'where' | 'launcher'>,
  taken: { readonly servers: ReadonlySet<string>; readonly secrets: ReadonlySet<string> },
  wanted: (server: ConfiguredServer) => boolean = holdsSecret,
): AdoptionPlan {
  const left: LeftServer[] = []
  const servers = new Map<string, AdoptedServer>()
  const secrets = new Set(taken.secrets)
  const files: AdoptedFile[] = []
  for (const { client } of findClients(house.where, () => null)) {
    const now = lookAt(client.userFile(house.where))
    const chosen = describeFile(client, 'user', now).servers.filter(
      (server) => !server.ours && wanted(server),
    )
    if (chosen.length === 0 || now.state !== 'there') continue
    const movable = chosen.flatMap((server) => {
      const problem = obstacleIn(client, server)
      const made = problem === null ? incomingServer(server, warderName(server.name)) : { problem }
      if (isObstacle(made) || made.secrets.some(({ value }) => value === null)) {
        const why = isObstacle(made)
          ? made.problem
          : 'It refers to variables that only its client knows.'
        left.push({ ...about(server), problem: why })
        return []
      }
      return [{ server, made }]
    })
    try {
      const file = fileWithout(
        house,
        client,
        now,
        movable.map(({ server }) => server),
      )
      if (file === null) continue
      for (const { server, made } of movable) settle(server, made)
      files.push(file)
    } catch (error) {
      const { message } = toWarderError(error)
      for (const { server } of movable) left.push({ ...about(server), problem: message })
    }
  }
  return { servers: [...servers.values()], files, left }

  /** The same server of two clients is one; another one of the same name gets the client's name too. */
  function settle(server: ConfiguredServer, made: Incoming): void {
    const same = [...servers.values()].find((known) => isSame(known, made))
    if (same !== undefined) {
      servers.set(same.name, { ...same, from: [...same.from, about(server)] })
      return
    }
    const name = freeName(made.name, server.client)
    // A long name is cut in those of its secrets, so another server's may begin alike.
    const named = incomingServer(server, name, secrets) as Incoming
    servers.set(name, { ...named, from: [about(server)] })
    for (const secret of named.secrets) secrets.add(secret.name)
  }

  function freeName(name: string, client: ClientId): string {
    const candidates = [name, warderName(`${name.slice(0, 31 - client.length)}-${client}`)]
    const isFree = (one: string) =>
      !taken.servers.has(one) &&
      !servers.has(one) &&
      ![...secrets].some((secret) => secret === one || secret.startsWith(`${one}-`))
    const free = candidates.find(isFree)
    if (free !== undefined) return free
    for (let number = 2; ; number++) {
      const one = `${name.slice(0, 27).replace(/-+$/, '')}-${number}`
      if (isFree(one)) return one
    }
  }
}

const about = ({ client, file, name }: ConfiguredServer) => ({ client, file, name })

/** What is only read cannot be moved; what a client signs in with itself has a provider that a person has to name. */
function obstacleIn(client: WiringClient, server: ConfiguredServer): string | null {
  if (server.at.length !== client.servers.length + 1 || server.at[0] !== client.servers[0])
    return 'It belongs to a single project.'
  if (!server.enabled) return 'It is switched off.'
  return clearPlaces(server).some(
    ({ kind, where }) => kind === 'settings' && !where.includes('bearer_token'),
  )
    ? 'It has a credential for its provider: add it by hand, with --client-id, --client-secret and --issuer.'
    : null
}

function fileWithout(
  { launcher }: Pick<WiringHouse, 'launcher'>,
  client: WiringClient,
  before: FileNow & { readonly state: 'there' },
  servers: readonly ConfiguredServer[],
): AdoptedFile | null {
  if (servers.length === 0) return null
  refuseUnwritable(before)
  const patches: Patch[] = []
  let text = textOf(before.bytes)
  const step = (next: string) => {
    patches.push(patchBetween(text, next))
    text = next
  }
  for (const { name } of servers) step(withoutEntry(client, text, name))
  const isWired = describeFile(client, 'user', {
    ...before,
    bytes: Buffer.from(text),
  }).servers.some(({ ours, name }) => ours && name === OWN_NAME)
  const entry = isWired ? null : client.entry(launcher.command(client.id))
  if (entry !== null) step(withEntry(client, text, OWN_NAME, { ...entry }))
  return {
    client: client.id,
    before,
    after: Buffer.from(text),
    patches,
    entries: Object.fromEntries(servers.map(({ name, raw }) => [name, raw])),
    entry,
  }
}

/** What it is, whatever it and its secrets are called. */
const values = ({ definition, secrets }: Incoming) =>
  secrets.reduce(
    (text, { name, value }) =>
      text.replaceAll(JSON.stringify(`secret:${name}`), () => JSON.stringify({ is: value })),
    JSON.stringify(definition),
  )

const isSame = (known: AdoptedServer, made: Incoming) => values(known) === values(made)
