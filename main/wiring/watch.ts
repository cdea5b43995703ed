import { type FSWatcher, mkdirSync, realpathSync, watch } from 'node:fs'
import { createEmitter, type Emitter } from '../events.ts'
import { watchPlace } from '../store/watch-place.ts'
import { type WiredPlace, wiredPlaces } from './drift.ts'
import type { Wiring } from './wiring.ts'

/** Clients write their files in several steps, and some do so often; they are read when they have been quiet for this long. */
const SETTLE_MS = 400

/** Says when a file that was wired became another one. */
export interface WiringWatch {
  readonly events: Emitter<{
    changed: [places: readonly WiredPlace[], before: readonly WiredPlace[]]
  }>
  close(): void
}

/** Watches the files that were wired, and what the command line wires meanwhile. */
export function watchWired(wiring: Pick<Wiring, 'ledger'>): WiringWatch {
  const events: WiringWatch['events'] = createEmitter()
  let timer: NodeJS.Timeout | undefined
  let watchers: FSWatcher[] = []
  // Made now: what the command line writes there first is to be seen.
  mkdirSync(wiring.ledger.folder, { recursive: true, mode: 0o700 })
  let places = arranged()

  /** Watched first: what is written while it is read is seen again. A file that was replaced is watched anew. */
  function arranged(): readonly WiredPlace[] {
    leave()
    const files = wiring.ledger.records().flatMap(({ file }) => placesOf(file))
    watchers = [
      ...[...new Set(files)].flatMap((file) => watchPlace(file, settle)),
      ...watchFolder(wiring.ledger.folder, settle),
    ]
    return wiredPlaces(wiring)
  }

  function settle(): void {
    clearTimeout(timer)
    timer = setTimeout(look, SETTLE_MS)
  }

  function look(): void {
    const before = places
    places = arranged()
    if (summary(before) !== summary(places)) events.emit('changed', places, before)
  }

  function leave(): void {
    for (const watcher of watchers) watcher.close()
  }

  return {
    events,
    close() {
      clearTimeout(timer)
      leave()
    },
  }
}

function watchFolder(folder: string, changed: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, changed)
    return [watcher.on('error', () => watcher.close())]
  } catch {
    // What is wired meanwhile is seen at the next start, and at each `warder status`.
    return []
  }
}

/** The file that the client names, and where a link leads. */
function placesOf(file: string): string[] {
  try {
    return [file, realpathSync(file)]
  } catch {
    return [file]
  }
}

const summary = (places: readonly WiredPlace[]) =>
  JSON.stringify(places.map(({ record, state }) => [record.file, record.client, state]))
