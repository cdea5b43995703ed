import { watch } from 'node:fs'
import type net from 'node:net'

/**
 * Meets the companion that somebody else starts. Each writes `run.json` when it starts and when it ends; until then the
 * kernel keeps us asleep.
 *
 * @param options.now whether one may be there already
 * @returns what ends it
 */
export function awaitCompanion(
  options: { home: string; find: () => Promise<net.Socket | null>; now: boolean },
  met: (socket: net.Socket) => void,
): () => void {
  const { home, find, now } = options
  let over = false
  let looking = false
  let again = false

  async function look(): Promise<void> {
    // What is being looked at may be older than the sign.
    again = true
    if (looking) return
    looking = true
    while (again && !over) {
      again = false
      const socket = await find().catch(() => null)
      if (over) socket?.destroy()
      else if (socket !== null) {
        stop()
        met(socket)
      }
    }
    looking = false
  }

  function stop(): void {
    over = true
    endWatch()
  }

  const endWatch = watchRunFile(home, () => void look())
  if (now) void look()
  return stop
}

function watchRunFile(home: string, changed: () => void): () => void {
  try {
    const watcher = watch(home, { persistent: false }, (_event, name) => {
      if (name === null || name === 'run.json') changed()
    })
    watcher.on('error', () => {})
    return () => watcher.close()
  } catch {
    // The next request finds out as well.
    return () => {}
  }
}
