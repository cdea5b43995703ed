import { realpathSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { WarderError } from '../errors.ts'
import { type FileNow, lookAt, sha256, textOf } from './client-file.ts'
import { unifiedDiff } from './diff.ts'
import { withEntry, withoutEntry } from './edit.ts'
import { isInstalled } from './find-clients.ts'
import type { Launcher } from './launcher.ts'
import { isAsLeft, type Ledger, type Place, type WiringRecord } from './ledger.ts'
import { describeFile } from './read.ts'
import { refuseUnwritable } from './replace.ts'
import type { ConfiguredServer, Scope, ShimCommand, Where, WiringClient } from './types.ts'
import { isObject } from './values.ts'

/** What Warder is called among the servers of a client. */
export const OWN_NAME = 'warder'

/** What would be done to one file of a client. Nothing is done yet. */
export interface WiringPlan {
  readonly action: 'wire' | 'unwire'
  readonly client: WiringClient
  readonly scope: Scope
  /** As it was looked at. */
  readonly before: FileNow
  /** Null: no file. */
  readonly after: Buffer | null
  /** False where the file is already as it should be. */
  readonly changes: boolean
  /** Without the values of anybody else's servers. */
  readonly diff: readonly string[]
  /** Names file and change: what was shown under it is what is done. */
  readonly digest: string
  /** What Warder's entry is then; null where there is none. */
  readonly entry: Readonly<Record<string, unknown>> | null
  /** What is worth knowing beside the diff, in sentences. */
  readonly notes: readonly string[]
}

export interface WiringHouse {
  readonly where: Where
  readonly ledger: Ledger
  readonly launcher: Launcher
}

/** @throws WarderError `wiring.no_scope` */
export function fileOf(client: WiringClient, scope: Scope, where: Where): string {
  if (scope === 'user') return client.userFile(where)
  const file = client.projectFile && path.join(where.folder, client.projectFile)
  if (file !== null && file !== client.userFile(where)) return file
  if (file !== null)
    throw new WarderError(
      'wiring.no_scope',
      `${file} is the file of ${client.title} for every project, and not for the one in this folder.`,
    )
  throw new WarderError(
    'wiring.no_scope',
    `${client.title} has no file for a single project that Warder could write.`,
  )
}

/** @throws WarderError `wiring.no_scope`, `wiring.not_ours`, `wiring.broken`, `wiring.name_taken`, `wiring.unsafe_edit` */
export function planWire(house: WiringHouse, client: WiringClient, scope: Scope): WiringPlan {
  const before = lookAt(fileOf(client, scope, house.where))
  if (scope === 'project') refuseOutside(before, house.where.folder)
  refuseShared(house.ledger, client, before)
  const servers = serversOf(client, scope, before)
  const found = servers.find((server) => isOwnPlace(client, server))
  if (found !== undefined && !found.ours)
    throw new WarderError(
      'wiring.name_taken',
      `${client.title} has a server ${OWN_NAME} in ${before.file} that does not start Warder.`,
    )
  const shim = shimFor(house, client, scope)
  const entry = client.entry(shim)
  const text = textBefore(before)
  // What the client added of its own to the entry stays, as long as it starts the same.
  const stays = found !== undefined && includes(found.raw, entry)
  const after = stays ? text : withEntry(client, text, OWN_NAME, entry)
  const others = servers.filter((server) => server.ours && !isOwnPlace(client, server))
  const notes = [
    ...(isInstalled(client, house.where)
      ? []
      : [`${client.title} was not found on this machine; it reads the file once it is here.`]),
    ...(isLink(before)
      ? [`${before.file} is a link to ${before.target}, which is what changes.`]
      : []),
    ...others.map(({ name }) => `${client.title} starts Warder by the name ${name} as well.`),
    ...(scope === 'project' && [shim.command, ...shim.args].some((word) => path.isAbsolute(word))
      ? ['The path in this file is one of this machine: others who use the project need their own.']
      : []),
  ]
  return complete(
    { action: 'wire', client, scope, before, entry, notes, after: Buffer.from(after) },
    entry,
  )
}

/**
 * How a file is put back: byte for byte, where nobody but Warder wrote into it since; else without Warder's entry.
 *
 * @throws WarderError `wiring.not_wired`, `wiring.not_ours`, `wiring.broken`, `wiring.unsafe_edit`
 */
export function planUnwire(house: WiringHouse, client: WiringClient, place: Place): WiringPlan {
  const before = lookAt(place.file)
  if (place.scope === 'project' && before.state === 'there')
    refuseOutside(before, place.file.slice(0, -(client.projectFile?.length ?? 0)))
  const record = house.ledger.find(place)
  const found = serversOf(client, place.scope, before).find(
    (server) => isOwnPlace(client, server) && server.ours,
  )
  if (record === null && found === undefined)
    throw new WarderError('wiring.not_wired', `Nothing of Warder is in ${place.file}.`)
  const own = record?.entry ?? client.entry(shimFor(house, client, place.scope))
  const made = (after: Buffer | null, ...notes: string[]) =>
    complete(
      { action: 'unwire', client, scope: place.scope, before, entry: null, notes, after },
      own,
    )
  if (before.state === 'there' && record !== null && isAsLeft(before, record)) {
    const back = asItWas(house.ledger, record, before)
    if (back !== undefined) return made(back)
  }
  if (before.state !== 'there') return made(null, `${place.file} is gone.`)
  if (found === undefined) return made(before.bytes, `Warder is no longer in ${place.file}.`)
  const after = Buffer.from(withoutEntry(client, textBefore(before), OWN_NAME))
  return made(after, `${whyEntryOnly(record, before)}: only the entry of Warder is taken out.`)
}

/** The bytes of the file before it was wired, null where there was none; undefined where only the entry can be taken out. */
function asItWas(
  ledger: Ledger,
  { undo, ...place }: WiringRecord,
  before: FileNow & { readonly state: 'there' },
): Buffer | null | undefined {
  // Whoever made a link of it has kept the file elsewhere, and it is theirs by now.
  if (undo.way === 'delete') return before.isLink ? undefined : null
  if (undo.way === 'restore') return ledger.backup(place, undo.backup) ?? undefined
  return undefined
}

function whyEntryOnly(
  record: WiringRecord | null,
  before: FileNow & { readonly state: 'there' },
): string {
  const { file } = before
  if (record === null) return `There is no record of how ${file} was`
  if (!isAsLeft(before, record)) return `${file} was changed by others since it was wired`
  if (record.undo.way === 'delete') return `${file} has become a link since it was wired`
  if (record.undo.way === 'restore') return `The copy of ${file} as it was is gone`
  return `There is no copy of ${file} without Warder`
}

function complete(
  plan: Omit<WiringPlan, 'changes' | 'diff' | 'digest'>,
  own: Readonly<Record<string, unknown>>,
): WiringPlan {
  const { action, client, before, after } = plan
  const bytes = before.state === 'there' ? before.bytes : null
  const diff = unifiedDiff({
    client,
    file: before.file,
    before: bytes?.toString() ?? null,
    after: after?.toString() ?? null,
    own: { name: OWN_NAME, entry: { ...own } },
  })
  const hashes = [bytes, after].map((one) => one && sha256(one))
  const target = before.state === 'there' ? before.target : null
  const digest = sha256(JSON.stringify([action, before.file, target, ...hashes]))
  return { ...plan, changes: hashes[0] !== hashes[1], diff, digest }
}

const isLink = (now: FileNow): now is FileNow & { readonly state: 'there' } =>
  now.state === 'there' && now.isLink

/** What is in a project may come from strangers: a link in it chooses no file elsewhere to be written. @throws WarderError `wiring.not_ours` */
function refuseOutside(now: FileNow, project: string): void {
  const place = now.state === 'there' ? now.target : realPlaceOf(now.file)
  const within = path.relative(realPlaceOf(project), place)
  if (within === '' || path.isAbsolute(within) || within.split(path.sep)[0] === '..')
    throw new WarderError(
      'wiring.not_ours',
      `${now.file} is a link that leads out of its project, to ${place}.`,
    )
}

/** Links followed, as far as there is anything. */
function realPlaceOf(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    const above = path.dirname(file)
    return above === file ? file : path.join(realPlaceOf(above), path.basename(file))
  }
}

/** VS Code and its Insiders read the same file of a project, and it has one entry. @throws WarderError `wiring.name_taken` */
function refuseShared(ledger: Ledger, client: WiringClient, { file }: FileNow): void {
  const other = ledger.records().find((one) => one.file === file && one.client !== client.id)
  if (other !== undefined)
    throw new WarderError(
      'wiring.name_taken',
      `${file} starts Warder as ${other.client} already, and ${client.title} reads it as well.`,
    )
}

/** Where others read the file too, the path is written so that it is theirs when they read it. */
export function shimFor(
  { launcher, where }: Pick<WiringHouse, 'launcher' | 'where'>,
  client: WiringClient,
  scope: Scope,
): ShimCommand {
  const shim = launcher.command(client.id)
  if (scope === 'user' || client.homeVariable === null) return shim
  const environment = where.platform === 'win32' ? 'USERPROFILE' : 'HOME'
  const name = client.homeVariable === 'environment' ? environment : client.homeVariable
  const shared = (word: string) =>
    word.startsWith(where.home + path.sep) ? `\${${name}}${word.slice(where.home.length)}` : word
  return { command: shared(shim.command), args: shim.args.map(shared) }
}

/** @throws WarderError `wiring.not_ours`, `wiring.broken` */
function serversOf(client: WiringClient, scope: Scope, now: FileNow): readonly ConfiguredServer[] {
  refuseUnwritable(now)
  const { state, problem, servers } = describeFile(client, scope, now)
  if (state === 'broken')
    throw new WarderError('wiring.broken', problem ?? `${now.file} cannot be read.`)
  return servers
}

const isOwnPlace = (client: WiringClient, { at }: ConfiguredServer) =>
  isDeepStrictEqual(at, [...client.servers, OWN_NAME])

/** Every member of the entry is there as Warder writes it. */
export const includes = (raw: unknown, entry: Readonly<Record<string, unknown>>) =>
  isObject(raw) &&
  Object.entries(entry).every(([name, value]) => isDeepStrictEqual(raw[name], value))

const textBefore = (before: FileNow) => (before.state === 'there' ? textOf(before.bytes) : '')
