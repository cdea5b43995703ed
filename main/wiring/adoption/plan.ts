import path from 'node:path'
import { toWarderError } from '../../errors.ts'
import { type FileNow, lookAt, textOf } from '../client-file.ts'
import { wiringClients } from '../clients/index.ts'
import { clearPlaces, holdsSecret } from '../doctor/secrets.ts'
import { withEntry, withoutEntry } from '../edit.ts'
import { OWN_NAME, shimFor, type WiringHouse } from '../plan.ts'
import { describeFile } from '../read.ts'
import { refuseUnwritable } from '../replace.ts'
import type { ClientId, ConfiguredServer, Scope, WiringClient } from '../types.ts'
import { chosenTools } from './chosen-tools.ts'
import { type Incoming, incomingServer } from './definition.ts'
import { type Patch, patchBetween } from './patches.ts'
import { type Resolved, resolvedServer } from './resolve.ts'
import { warderName } from './secret-name.ts'
import { isObstacle, type Obstacle, obstacle } from './staying.ts'
import { inFolder } from './working-folder.ts'

/** Servers of clients that go into Warder, and what that makes of the clients' files. Nothing is done yet. */
export interface AdoptionPlan {
  readonly servers: readonly AdoptedServer[]
  readonly files: readonly AdoptedFile[]
  /** What stays where it is, and why. */
  readonly left: readonly LeftServer[]
}

export interface AdoptedServer extends Incoming {
  /** More than one where several clients have the same one, credentials included. */
  readonly from: readonly Origin[]
}

export interface Origin extends Pick<ConfiguredServer, 'client' | 'file' | 'name'> {
  /** The project that had it to itself; null where its user had it everywhere. */
  readonly folder: string | null
  /** Tools that the client did not use of it. */
  readonly hides: readonly string[]
  /** Variables of Warder's environment that are in it now. */
  readonly variables: readonly string[]
  /** A file that its variables came from, and that keeps them. */
  readonly envFile: string | null
}

export interface AdoptedFile {
  readonly client: ClientId
  readonly scope: Scope
  readonly before: FileNow & { readonly state: 'there' }
  readonly after: Buffer
  /** In the order in which they were made. */
  readonly patches: readonly Patch[]
  /** The entries that go, for a file that others change meanwhile. */
  readonly entries: readonly GoneEntry[]
  /** The entry that starts Warder, where it was not there before; null else. */
  readonly entry: Readonly<Record<string, unknown>> | null
}

export interface GoneEntry {
  /** Member names from the top of the file down to it. */
  readonly at: readonly string[]
  readonly entry: unknown
}

export interface LeftServer extends Pick<ConfiguredServer, 'client' | 'file' | 'name'> {
  /** Of `stayingCodes`, or of an error. */
  readonly code: string
  readonly problem: string
}

interface Movable {
  readonly server: ConfiguredServer
  readonly resolved: Resolved
  readonly made: Incoming
  readonly from: Origin
}

/**
 * @param taken names that a server or a secret of Warder has already
 * @param wanted which servers; those with a credential in the clear by default
 * @param isKnown true of a value that holds one of the vault
 */
export function planAdoption(
  house: Pick<WiringHouse, 'where' | 'launcher'>,
  taken: { readonly servers: ReadonlySet<string>; readonly secrets: ReadonlySet<string> },
  wanted: (server: ConfiguredServer) => boolean = holdsSecret,
  isKnown: (value: string) => boolean = () => false,
): AdoptionPlan {
  const left: LeftServer[] = []
  const servers = new Map<string, AdoptedServer>()
  const secrets = new Set(taken.secrets)
  const files: AdoptedFile[] = []
  for (const { client, scope, file } of placesOf(house)) {
    const now = lookAt(file)
    const chosen = describeFile(client, scope, now).servers.filter(
      (server) => !server.ours && wanted(server),
    )
    if (chosen.length === 0 || now.state !== 'there') continue
    const movable = chosen.flatMap((server) => {
      const made = movableOf(server)
      if (!isObstacle(made)) return [made]
      left.push({ ...about(server), ...made })
      return []
    })
    try {
      const changed = fileWithout(
        house,
        client,
        scope,
        now,
        movable.map(({ server }) => server),
      )
      if (changed === null) continue
      for (const one of movable) settle(one)
      files.push(changed)
    } catch (error) {
      const { code, message } = toWarderError(error)
      for (const { server } of movable) left.push({ ...about(server), code, problem: message })
    }
  }
  return { servers: [...servers.values()], files, left }

  function movableOf(server: ConfiguredServer): Movable | Obstacle {
    const refused = obstacleIn(server)
    if (refused !== null) return refused
    const folder = projectOf(server, house)
    const resolved = resolvedServer(server, house.where, folder)
    if (isObstacle(resolved)) return resolved
    const hides = chosenTools(server.raw)
    if (isObstacle(hides)) return hides
    const placed = { ...resolved, server: inFolder(resolved.server, folder) }
    const made = incoming(placed, warderName(server.name))
    if (isObstacle(made)) return made
    const { variables, envFile } = resolved
    const from = { ...about(server), folder, hides, variables, envFile }
    return { server, resolved: placed, made, from }
  }

  function incoming(
    { server, isSecret }: Resolved,
    name: string,
    others?: ReadonlySet<string>,
  ): Incoming | Obstacle {
    const made = incomingServer(server, name, {
      isSecret: (value) => isSecret(value) || isKnown(value),
      ...(others && { taken: others }),
    })
    if (isObstacle(made)) return made
    return made.secrets.some(({ value }) => value === null) ? obstacle('stays.value_missing') : made
  }

  /** The same server of two clients is one; another one of the same name gets the client's name too. */
  function settle({ server, resolved, made, from }: Movable): void {
    const same = [...servers.values()].find((known) => isSame(known, made))
    if (same !== undefined) {
      servers.set(same.name, { ...same, from: [...same.from, from] })
      return
    }
    const name = freeName(made.name, server.client)
    // A long name is cut in those of its secrets, so another server's may begin alike.
    const named = incoming(resolved, name, secrets)
    if (isObstacle(named)) throw new Error(named.problem)
    servers.set(name, { ...named, from: [from] })
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

/** The user's own file of each client, and that of the project; one that is both is the user's. */
export function placesOf({ where }: Pick<WiringHouse, 'where'>) {
  const users = wiringClients.map((client) => ({
    client,
    scope: 'user' as Scope,
    file: client.userFile(where),
  }))
  const projects = wiringClients.flatMap((client) =>
    client.projectFile === null
      ? []
      : [{ client, scope: 'project' as Scope, file: path.join(where.folder, client.projectFile) }],
  )
  // VS Code and its Insiders read the same file of a project.
  const all = [...users, ...projects]
  return all.filter(({ file }, index) => all.findIndex((other) => other.file === file) === index)
}

const about = ({ client, file, name }: ConfiguredServer) => ({ client, file, name })

/** The folder whose project alone has the server. */
function projectOf(
  { scope, at }: ConfiguredServer,
  { where }: Pick<WiringHouse, 'where'>,
): string | null {
  if (scope === 'project') return where.folder
  const [top, folder] = at
  return top === 'projects' && folder !== undefined && path.isAbsolute(folder) ? folder : null
}

/** What a client signs in with itself has a provider that has to know Warder first. */
function obstacleIn(server: ConfiguredServer): Obstacle | null {
  if (!server.enabled) return obstacle('stays.switched_off')
  return clearPlaces(server).some(
    ({ kind, where }) => kind === 'settings' && !where.includes('bearer_token'),
  )
    ? obstacle('stays.provider_credential')
    : null
}

function fileWithout(
  house: Pick<WiringHouse, 'where' | 'launcher'>,
  client: WiringClient,
  scope: Scope,
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
  for (const { name, at } of servers) step(withoutEntry(holding(client, at), text, name))
  const isWired = describeFile(client, scope, {
    ...before,
    bytes: Buffer.from(text),
  }).servers.some(
    ({ ours, name, at }) => ours && name === OWN_NAME && at.length === client.servers.length + 1,
  )
  const entry = isWired ? null : client.entry(shimFor(house, client, scope))
  if (entry !== null) step(withEntry(client, text, OWN_NAME, { ...entry }))
  return {
    client: client.id,
    scope,
    before,
    after: Buffer.from(text),
    patches,
    entries: servers.map(({ at, raw }) => ({ at, entry: raw })),
    entry,
  }
}

/** The client, as if it kept its servers where this one is. */
export const holding = (client: WiringClient, at: readonly string[]): WiringClient => ({
  ...client,
  servers: at.slice(0, -1),
})

/** What it is, whatever it and its secrets are called. */
const values = ({ definition, secrets }: Incoming) =>
  secrets.reduce(
    (text, { name, value }) =>
      text.replaceAll(JSON.stringify(`secret:${name}`), () => JSON.stringify({ is: value })),
    JSON.stringify(definition),
  )

const isSame = (known: AdoptedServer, made: Incoming) => values(known) === values(made)
