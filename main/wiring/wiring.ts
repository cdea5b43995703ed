import { lookAt, sha256 } from './client-file.ts'
import { createLauncher, type Launcher } from './launcher.ts'
import { isAsLeft, openLedger, type Place, type WiringRecord } from './ledger.ts'
import {
  fileOf,
  OWN_NAME,
  planUnwire,
  planWire,
  type WiringHouse,
  type WiringPlan,
} from './plan.ts'
import { readClientFile } from './read.ts'
import { missingFolders, removeEmptyFolders, replaceClientFile } from './replace.ts'
import type { Scope, Where, WiringClient } from './types.ts'

/** Writes Warder into the files of this user's clients, and out of them again. */
export interface Wiring extends WiringHouse {
  /** @throws WarderError `wiring.*` */
  planWire(client: WiringClient, scope: Scope): WiringPlan
  /** @param file where it is not the one that the client has here @throws WarderError `wiring.*` */
  planUnwire(client: WiringClient, scope: Scope, file?: string): WiringPlan
  /**
   * Does what was shown.
   *
   * @param letIn the client was let in for this, and goes when it is taken out
   * @throws WarderError `wiring.changed` where the file is another one by now; `wiring.*`, `store.unwritable`
   */
  apply(plan: WiringPlan, letIn?: boolean): void
}

/** Modes of files that were not there: a project's is for others, the user's may get secrets of other servers. */
const NEW_FILE = { user: 0o600, project: 0o644 } as const

export function openWiring(options: {
  readonly home: string
  readonly where: Where
  readonly clock: () => number
  readonly launcher?: Launcher
}): Wiring {
  const { home, where, clock } = options
  const house: WiringHouse = {
    where,
    ledger: openLedger(home),
    launcher: options.launcher ?? createLauncher(home),
  }
  const { ledger, launcher } = house

  function wire(plan: WiringPlan, place: Place, letIn: boolean): void {
    const { before, after, entry, changes } = plan
    launcher.refresh()
    const earlier = ledger.find(place)
    const record: WiringRecord = {
      version: 1,
      ...place,
      name: OWN_NAME,
      entry: { ...entry },
      wiredAt: new Date(clock()).toISOString(),
      ...(before.state === 'there' && { was: before.sha256 }),
      written: sha256(after ?? ''),
      undo: wayBack(plan, place, earlier),
      letIn: letIn || earlier?.letIn === true,
    }
    // Before the file is written, and for the file before and after that: whatever ends us in between, the way back is known.
    ledger.keep(record)
    if (!changes) return
    try {
      replaceClientFile(before, after, NEW_FILE[place.scope])
    } catch (error) {
      takeBack(record, earlier)
      throw error
    }
  }

  /** Of a file that was not written by us; unless somebody else did just the same at just that time. */
  function takeBack(record: WiringRecord, earlier: WiringRecord | null): void {
    const now = lookAt(record.file)
    if (now.state === 'there' && now.sha256 === record.written) return
    try {
      if (earlier === null) ledger.forget(record)
      else ledger.keep(earlier)
    } catch {
      // It stays, and is as good for the file as it was. Why that was not written is what a person has to hear.
    }
  }

  function wayBack(
    { client, before, changes }: WiringPlan,
    place: Place,
    earlier: WiringRecord | null,
  ): WiringRecord['undo'] {
    if (before.state !== 'there') {
      const made = earlier?.undo.way === 'delete' ? earlier.undo.folders : []
      return { way: 'delete', folders: [...new Set([...made, ...missingFolders(place.file)])] }
    }
    const backup = changes ? ledger.backUp(place, before.bytes) : null
    // People want back what was before the first wiring, unless others wrote into the file since.
    if (earlier !== null && isAsLeft(before, earlier)) return earlier.undo
    const { servers } = readClientFile(client, place.scope, place.file)
    return backup === null || servers.some(({ ours }) => ours)
      ? { way: 'entry' }
      : { way: 'restore', backup }
  }

  function unwire({ before, after, changes }: WiringPlan, place: Place): void {
    const record = ledger.find(place)
    if (changes) {
      // A file that is only put back is in the ledger already; what others wrote into it is not.
      if (before.state === 'there' && (record === null || !isAsLeft(before, record)))
        ledger.backUp(place, before.bytes)
      replaceClientFile(before, after, NEW_FILE[place.scope])
    }
    if (after === null && record?.undo.way === 'delete') removeEmptyFolders(record.undo.folders)
    // One that cannot be read stays, for a person to look at.
    if (record !== null) ledger.forget(place)
  }

  return {
    ...house,
    planWire: (client, scope) => planWire(house, client, scope),
    planUnwire: (client, scope, file = fileOf(client, scope, where)) =>
      planUnwire(house, client, { client: client.id, scope, file }),
    apply(plan, letIn = false) {
      const place: Place = { client: plan.client.id, scope: plan.scope, file: plan.before.file }
      if (plan.action === 'wire') wire(plan, place, letIn)
      else unwire(plan, place)
    },
  }
}
