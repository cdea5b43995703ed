import { isDeepStrictEqual } from 'node:util'
import { WarderError } from '../../errors.ts'
import { lookAt, sha256, textOf } from '../client-file.ts'
import { wiringClient } from '../clients/index.ts'
import { withEntry, withoutEntry } from '../edit.ts'
import type { WiringHouse } from '../plan.ts'
import { OWN_NAME } from '../plan.ts'
import { describeFile } from '../read.ts'
import { refuseUnwritable, replaceClientFile } from '../replace.ts'
import type { ClientId, Scope } from '../types.ts'
import { type Patch, withoutPatches } from './patches.ts'
import { type AdoptedFile, type GoneEntry, holding } from './plan.ts'

/** What has to be known to put a file back; its patches hold the credentials, so it belongs into the vault. */
export interface FileWayBack {
  readonly client: ClientId
  readonly scope: Scope
  readonly file: string
  /** SHA-256 of the file before and after. */
  readonly was: string
  readonly written: string
  readonly patches: readonly Patch[]
  readonly entries: readonly GoneEntry[]
  /** Warder's own entry came with it. */
  readonly wired: boolean
}

export const wayBackOf = ({
  client,
  scope,
  before,
  after,
  patches,
  entries,
  entry,
}: AdoptedFile): FileWayBack => ({
  client,
  scope,
  file: before.file,
  was: before.sha256,
  written: sha256(after),
  patches,
  entries,
  wired: entry !== null,
})

const USERS_ONLY = 0o600

/**
 * Writes all files or none.
 *
 * @throws WarderError `adoption.halfway` where something went wrong and a file could not be put back either: its credentials
 *   are where they went, and nowhere else; `wiring.*`, `store.unwritable` where every file is as it was
 */
export function writeAdopted(
  { launcher, ledger }: Pick<WiringHouse, 'launcher' | 'ledger'>,
  files: readonly AdoptedFile[],
  now: Date,
): void {
  launcher.refresh()
  const written: AdoptedFile[] = []
  const undo: (() => void)[] = []
  let hasCopies = true
  try {
    for (const { client, scope, before, after, entry } of files) {
      if (entry === null) continue
      const place = { client, scope, file: before.file }
      const earlier = ledger.find(place)
      undo.push(() => {
        if (earlier === null) ledger.forget(place)
        else ledger.keep(hasCopies ? earlier : { ...earlier, undo: { way: 'entry' } })
      })
      // Without a copy: that would keep the credentials beside the vault.
      ledger.keep({
        ...{ version: 1, ...place, name: OWN_NAME, entry: { ...entry } },
        ...{
          wiredAt: now.toISOString(),
          written: sha256(after),
          undo: { way: 'entry' },
          letIn: false,
        },
      })
    }
    // After that: whatever fails before, the credentials are still where they were.
    for (const file of files) {
      replaceClientFile(file.before, file.after, USERS_ONLY)
      written.push(file)
    }
    hasCopies = false
    // Those of an earlier wiring have the credentials as well.
    for (const { client, scope, before } of files)
      ledger.dropCopies({ client, scope, file: before.file })
  } catch (cause) {
    const stranded = written.toReversed().filter((file) => !isPutBack(file))
    if (stranded.length > 0)
      throw new WarderError(
        'adoption.halfway',
        `${stranded.map(({ before }) => before.file).join(', ')} could not be put back. Their servers stay in Warder.`,
        { cause },
      )
    for (const step of undo) step()
    throw cause
  }
}

/** What somebody else wrote meanwhile is not overwritten. */
function isPutBack({ before, after }: AdoptedFile): boolean {
  try {
    const now = lookAt(before.file)
    if (now.state !== 'there' || now.sha256 !== sha256(after)) return false
    replaceClientFile(now, before.bytes, USERS_ONLY)
    return true
  } catch {
    return false
  }
}

/**
 * Puts one file back: byte for byte where nobody else wrote into it since, else entry by entry.
 *
 * @returns false where it was back already
 * @throws WarderError `wiring.*`; the file is as it was
 */
export function putBackAdopted(
  { ledger }: Pick<WiringHouse, 'ledger'>,
  { client: id, scope, file, was, written, patches, entries, wired }: FileWayBack,
): boolean {
  const now = lookAt(file)
  const place = { client: id, scope, file }
  if (now.state !== 'there') throw gone(file)
  if (now.sha256 === was) return false
  const text = textOf(now.bytes)
  const whole = now.sha256 === written ? withoutPatches(text, patches) : null
  const exact = whole !== null && sha256(Buffer.from(whole)) === was
  replaceClientFile(now, Buffer.from(exact ? whole : byEntry()), USERS_ONLY)
  if (wired) ledger.forget(place)
  return true

  function byEntry(): string {
    const client = wiringClient(id)
    const there = describeFile(client, scope, now).servers
    const isThere = (at: readonly string[]) => there.some((one) => isDeepStrictEqual(one.at, at))
    const withAll = entries
      .filter(({ at }) => !isThere(at))
      .reduce(
        (rest, { at, entry }) =>
          withEntry(holding(client, at), rest, at.at(-1) ?? '', entry as Record<string, unknown>),
        text,
      )
    const own = [...client.servers, OWN_NAME]
    const isWired = there.some(({ at, ours }) => ours && isDeepStrictEqual(at, own))
    return wired && isWired ? withoutEntry(client, withAll, OWN_NAME) : withAll
  }
}

/** Before the first of several is put back. @throws WarderError `wiring.not_ours` where one of them could not be */
export function refuseGone(files: readonly FileWayBack[]): void {
  for (const { file } of files) {
    const now = lookAt(file)
    if (now.state !== 'there') throw gone(file)
    refuseUnwritable(now)
  }
}

const gone = (file: string) =>
  new WarderError('wiring.not_ours', `${file} is gone or cannot be read, so nothing was put back.`)
