import { type FSWatcher, lstatSync, watch } from 'node:fs'
import path from 'node:path'

/**
 * Watches one file. The file alone where that is enough: beside it others may be written all the time, as the database is
 * beside config.json, and a watched directory would wake us each time.
 *
 * @returns nothing where neither is there any more; what is in force stays in force then
 */
export function watchPlace(place: string, changed: () => void): FSWatcher[] {
  const isLink = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  // A link may be turned to another file, and one that is missing can only be waited for.
  const ways = isLink ? [inDirectory] : [itself, inDirectory]
  for (const way of ways) {
    try {
      const watcher = way(place, changed)
      return [watcher.on('error', () => watcher.close())]
    } catch {
      // The next way.
    }
  }
  return []
}

const itself = (place: string, changed: () => void) => watch(place, changed)

const inDirectory = (place: string, changed: () => void) =>
  watch(path.dirname(place), (_event, name) => {
    if (name === null || name === path.basename(place)) changed()
  })
