import { sha256 } from './client-file.ts'
import { createLauncher, type Launcher } from './launcher.ts'
import { openLedger, type Place, type WiringRecord } from './ledger.ts'
import {
  fileOf,
  OWN_NAME,
  planUnwire,
  planWire,
  type WiringHouse,
  type WiringPlan,
} from './plan.ts'
import { readClientFile } from './read.ts'
import { removeEmptyFolders, replaceClientFile } from './replace.ts'
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
    const record = (undo: WiringRecord['undo']): WiringRecord => ({
      version: 1,
      ...place,
      name: OWN_NAME,
      entry: { ...entry },
      wiredAt: new Date(clock()).toISOString(),
      written: sha256(after ?? ''),
      undo,
      letIn: letIn || earlier?.letIn === true,
    })
    const undo = wayBack(plan, place, earlier)
    // Before the file is written: whatever ends us in between, the way back is known.
    ledger.keep(record(undo))
    if (!changes) return
    try {
      const folders = replaceClientFile(before, after, NEW_FILE[place.scope])
      if (folders.length > 0) ledger.keep(record({ way: 'delete', folders }))
    } catch (error) {
      if (earlier === null) ledger.forget(place)
      else ledger.keep(earlier)
      throw error
    }
  }

  function wayBack(
    { client, before, changes }: WiringPlan,
    place: Place,
    earlier: WiringRecord | null,
  ): WiringRecord['undo'] {
    if (before.state !== 'there') return { way: 'delete', folders: [] }
    const backup = changes ? ledger.backUp(place, before.bytes) : null
    // People want back what was before the first wiring, unless others wrote into the file since.
    if (earlier !== null && earlier.written === before.sha256) return earlier.undo
    const { servers } = readClientFile(client, place.scope, place.file)
    return backup === null || servers.some(({ ours }) => ours)
      ? { way: 'entry' }
      : { way: 'restore', backup }
  }

  function unwire({ before, after, changes }: WiringPlan, place: Place): void {
    const record = ledger.find(place)
    if (changes) {
      // A file that is only put back is in the ledger already; what others wrote into it is not.
      if (before.state === 'there' && before.sha256 !== record?.written)
        ledger.backUp(place, before.bytes)
      replaceClientFile(before, after, NEW_FILE[place.scope])
    }
    if (after === null && record?.undo.way === 'delete') removeEmptyFolders(record.undo.folders)
    ledger.forget(place)
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
