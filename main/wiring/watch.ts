import { existsSync, type FSWatcher, mkdirSync, watch } from 'node:fs'
import path from 'node:path'
import { createEmitter, type Emitter } from '../events.ts'
import { lookAt } from './client-file.ts'
import { type WiredPlace, wiredPlaces } from './drift.ts'
import type { Wiring } from './wiring.ts'

/** Clients write their files in several steps; they are read when they have been quiet for this long. */
const SETTLE_MS = 200

/** Says when a file that was wired became another one. */
export interface WiringWatch {
  readonly events: Emitter<{
    changed: [places: readonly WiredPlace[], before: readonly WiredPlace[]]
  }>
  close(): void
}

/** Watches the folders of the files that were wired, and what the command line wires meanwhile. */
export function watchWired(wiring: Pick<Wiring, 'ledger'>): WiringWatch {
  const events: WiringWatch['events'] = createEmitter()
  let timer: NodeJS.Timeout | undefined
  let places = wiredPlaces(wiring)
  const watchers = new Map<string, FSWatcher>()

  function look(): void {
    const before = places
    places = wiredPlaces(wiring)
    arrange()
    if (summary(before) !== summary(places)) events.emit('changed', places, before)
  }

  /** Folders, not files: clients replace their files, which would leave us watching one that is gone. */
  function arrange(): void {
    const wanted = new Set([
      wiring.ledger.folder,
      ...places.flatMap(({ record }) => foldersOf(record.file)),
    ])
    for (const [folder, watcher] of watchers) if (!wanted.has(folder)) forget(folder, watcher)
    for (const folder of wanted) if (!watchers.has(folder)) start(folder)
  }

  function start(folder: string): void {
    if (!existsSync(folder)) return
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(timer)
        timer = setTimeout(look, SETTLE_MS)
        timer.unref()
      })
      watcher.on('error', () => forget(folder, watcher))
      watchers.set(folder, watcher)
    } catch {
      // Looked at again when anything else changes, and at each `warder status`.
    }
  }

  function forget(folder: string, watcher: FSWatcher): void {
    watchers.delete(folder)
    watcher.close()
  }

  // Made now: what the command line writes there first is to be seen.
  mkdirSync(wiring.ledger.folder, { recursive: true, mode: 0o700 })
  arrange()
  return {
    events,
    close() {
      clearTimeout(timer)
      for (const [folder, watcher] of watchers) forget(folder, watcher)
    },
  }
}

/** The folder that the client names, and where a link leads. */
function foldersOf(file: string): string[] {
  const now = lookAt(file)
  return [file, ...(now.state === 'there' ? [now.target] : [])].map((place) => path.dirname(place))
}

const summary = (places: readonly WiredPlace[]) =>
  JSON.stringify(places.map(({ record, state }) => [record.file, record.client, state]))
