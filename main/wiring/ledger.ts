import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../store/files.ts'
import { sha256 } from './client-file.ts'
import { privateFolder } from './private-folder.ts'
import { type ClientId, clientIds } from './types.ts'

/**
 * What Warder wrote into the files of clients, and how those were before. Files of Warder's home and not its database,
 * since clients are wired and taken out while no companion runs. Copies of clients' files may hold what those hold:
 * they are 0600, few, and go with `warder uninstall`.
 */
export interface Ledger {
  /** Where this lies. */
  readonly folder: string
  records(): WiringRecord[]
  /** Files that stand in the place of a record and cannot be read as one, or could be of somebody else. */
  unreadable(): string[]
  find(place: Place): WiringRecord | null
  keep(record: WiringRecord): void
  forget(place: Place): void
  /** Keeps a copy of a file as it was. @returns the copy's name */
  backUp(place: Place, bytes: Buffer): string
  /** Null where the copy is gone, or is no longer what was copied. */
  backup(place: Place, name: string): Buffer | null
  /** Deletes the copies of a file, which may hold what was just moved into the vault; undoing takes out the entry then. */
  dropCopies(place: Place): void
  /** Clients that were wired while no companion ran, and those that were taken out. */
  pending(): Pending
  setPending(client: ClientId, wanted: 'in' | 'out' | null): void
  /** Everything of this but who is to be shut out, once nothing is wired any more. */
  removeAll(): void
}

export type Place = Pick<WiringRecord, 'client' | 'scope' | 'file'>

export type WiringRecord = z.infer<typeof recordSchema>
export type Pending = z.infer<typeof pendingSchema>

const recordSchema = z.object({
  version: z.literal(1),
  client: z.enum(clientIds),
  scope: z.enum(['user', 'project']),
  file: z.string(),
  name: z.string(),
  entry: z.record(z.string(), z.unknown()),
  /** RFC 3339. */
  wiredAt: z.string(),
  /** SHA-256 of the file as Warder found it, and leaves it if it ends before it has written; absent where there was no file. */
  was: z.string().optional(),
  /** SHA-256 of the file as Warder left it. */
  written: z.string(),
  /** `restore` a copy; `delete` a file that was not there; take out the `entry` where others changed the file between. */
  undo: z.discriminatedUnion('way', [
    z.object({ way: z.literal('restore'), backup: z.string() }),
    z.object({ way: z.literal('delete'), folders: z.array(z.string()) }),
    z.object({ way: z.literal('entry') }),
  ]),
  /** The client was let in by this, so it goes with it. */
  letIn: z.boolean(),
})

/** Nobody but Warder wrote into the file since, so that the way back leads to what was before. */
export const isAsLeft = (
  { sha256: now }: { readonly sha256: string },
  { was, written }: Pick<WiringRecord, 'was' | 'written'>,
): boolean => now === written || now === was

const pendingSchema = z.partialRecord(z.enum(clientIds), z.enum(['in', 'out']))

/** Copies of one file; the one that an undo needs is never among those that go. */
const MOST_BACKUPS = 5

export function openLedger(home: string): Ledger {
  const folder = path.join(home, 'wiring')
  const recordFile = (place: Place) => path.join(folder, `${placeId(place)}.json`)
  const backupFolder = (place: Place) => path.join(folder, 'backups', placeId(place))
  const pendingFile = path.join(folder, 'pending.json')

  function find(place: Place): WiringRecord | null {
    const parsed = recordSchema.safeParse(readOurs(recordFile(place)))
    return parsed.success ? parsed.data : null
  }

  const read = () =>
    namesIn(folder)
      .filter((name) => name.endsWith('.json') && name !== path.basename(pendingFile))
      .map((name) => {
        const file = path.join(folder, name)
        return { file, record: recordSchema.safeParse(readOurs(file)).data }
      })

  function pending(): Pending {
    return pendingSchema.safeParse(readOurs(pendingFile)).data ?? {}
  }

  function write(file: string, value: unknown): void {
    privateFolder(path.dirname(file))
    replaceFile(file, `${JSON.stringify(value, null, 2)}\n`)
  }

  return {
    folder,
    find,
    records: () => read().flatMap(({ record }) => record ?? []),
    unreadable: () => read().flatMap(({ file, record }) => (record === undefined ? [file] : [])),
    keep: (record) => write(recordFile(record), record),
    forget(place) {
      rmSync(recordFile(place), { force: true })
    },
    backUp(place, bytes) {
      const inFolder = backupFolder(place)
      privateFolder(inFolder)
      const taken = namesIn(inFolder)
      const next =
        taken.reduce((most, name) => Math.max(most, Number.parseInt(name, 10) || 0), 0) + 1
      const name = `${String(next).padStart(6, '0')}-${shortHash(bytes)}`
      replaceFile(path.join(inFolder, name), bytes)
      const { undo } = find(place) ?? {}
      const needed = undo?.way === 'restore' ? undo.backup : null
      const old = taken.filter((other) => other !== needed).slice(0, -(MOST_BACKUPS - 2))
      for (const other of taken.length < MOST_BACKUPS ? [] : old)
        rmSync(path.join(inFolder, other), { force: true })
      return name
    },
    backup(place, name) {
      try {
        const bytes = readFileSync(path.join(backupFolder(place), path.basename(name)))
        return name.endsWith(`-${shortHash(bytes)}`) ? bytes : null
      } catch {
        return null
      }
    },
    dropCopies(place) {
      const record = find(place)
      if (record?.undo.way === 'restore')
        write(recordFile(place), { ...record, undo: { way: 'entry' } })
      rmSync(backupFolder(place), { recursive: true, force: true })
    },
    pending,
    setPending(client, wanted) {
      const { [client]: _, ...others } = pending()
      const all: Pending = wanted === null ? others : { ...others, [client]: wanted }
      if (Object.keys(all).length > 0) write(pendingFile, all)
      else rmSync(pendingFile, { force: true })
    },
    removeAll() {
      for (const name of namesIn(folder))
        if (name !== path.basename(pendingFile))
          rmSync(path.join(folder, name), { recursive: true, force: true })
      rmSync(path.join(home, 'bin'), { recursive: true, force: true })
    },
  }
}

const placeId = ({ client, scope, file }: Place) => `${client}-${scope}-${shortHash(file)}`

const shortHash = (bytes: Uint8Array | string) => sha256(bytes).slice(0, 12)

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

/** A file of this user that nobody else can write; it decides who comes in and what a file is put back to. */
function readOurs(file: string): unknown {
  try {
    const about = lstatSync(file)
    const ours =
      about.isFile() &&
      (process.getuid === undefined ||
        (about.uid === process.getuid() && (about.mode & 0o022) === 0))
    return ours ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  } catch {
    return undefined
  }
}
