import { createHash } from 'node:crypto'
import { WarderError } from '../../errors.ts'
import { type RequestMessage, readMessage } from '../envelope.ts'
import type { ParkingTimer } from '../parking.ts'
import { type Seat, type SharedChild, startSharedChild } from './shared-child.ts'
import type { StartStdio } from './stdio.ts'
import type { Credential, Upstream, UpstreamEvents } from './upstream.ts'

/** Processes of local servers that several sessions use. */
export interface SharedServers {
  /**
   * A place at a process that runs with this credential, or at a new one.
   * @throws WarderError as `start` does
   */
  join(options: {
    credential: Credential
    start: StartStdio
    events: UpstreamEvents
  }): Promise<Upstream>
}

interface Process {
  readonly child: Promise<SharedChild>
  places: number
}

interface Place {
  readonly process: Process
  readonly seat: Seat
  left: boolean
}

/** @param asked answers what a server asks; never rejects */
export function createSharedServers(
  asked: (server: string, message: RequestMessage) => Promise<string>,
  timer?: ParkingTimer,
): SharedServers {
  /** Those that can be joined, by what they were started with. */
  const running = new Map<string, Set<Process>>()
  /** A server may hold a lock or a port: the next one starts when the one before it is gone. */
  const leaving = new Map<string, Promise<unknown>>()

  function forget(key: string, process: Process): void {
    const group = running.get(key)
    group?.delete(process)
    if (group?.size === 0) running.delete(key)
  }

  function begin(key: string, name: string, start: StartStdio): Process {
    const process: Process = {
      places: 0,
      child: (leaving.get(name) ?? Promise.resolve()).then(() => {
        const onClosed = () => forget(key, process)
        return startSharedChild({
          ...{ start, onClosed, asked: (message) => asked(name, message) },
          ...(timer && { timer }),
        })
      }),
    }
    running.set(key, (running.get(key) ?? new Set()).add(process))
    process.child.catch(() => forget(key, process))
    return process
  }

  return {
    async join({ credential, start, events }) {
      const key = keyOf(credential)
      const { name } = credential.server
      let closed = false

      async function sit(process: Process): Promise<Place> {
        process.places++
        const child = await process.child
        return { process, seat: child.sit(events), left: false }
      }

      /** Resolves when the process is gone, where nobody is left at it. */
      async function leave(place: Place): Promise<void> {
        if (place.left) return
        place.left = true
        const { process, seat } = place
        seat.leave()
        if (--process.places > 0) return
        forget(key, process)
        const gone = process.child.then((child) => child.close())
        const before = leaving.get(name)
        const all = Promise.allSettled([before, gone]).then(() => {
          if (leaving.get(name) === all) leaving.delete(name)
        })
        leaving.set(name, all)
        await gone
      }

      /** A session of another revision than its process was opened for has to go to another one. */
      async function placeFor(
        initialize: RequestMessage,
        with_: Credential,
        signal: AbortSignal,
      ): Promise<void> {
        const tried = new Set<Process>()
        while (!(await place.seat.suits(initialize, with_, signal))) {
          tried.add(place.process)
          const others = [...(running.get(key) ?? [])].filter((process) => !tried.has(process))
          const next = await sit(others[0] ?? begin(key, name, start))
          const before = place
          place = next
          await leave(before)
          if (!closed) continue
          await leave(next)
          throw new WarderError('server.ended', 'The session at the local server has ended.')
        }
      }

      const [first] = running.get(key) ?? []
      let place = await sit(first ?? begin(key, name, start))
      return {
        async request(text, id, used, signal) {
          const message = readMessage(text) as RequestMessage
          if (message.method === 'initialize') await placeFor(message, used, signal)
          return place.seat.request(message, id, used, signal)
        },
        send: (text, used) => place.seat.send(text, used),
        async close() {
          if (closed) return
          closed = true
          await leave(place)
        },
      }
    },
  }
}

/**
 * What makes two starts the same: the definition, the accounts, and every value that goes into the process. A renewed
 * token is another value, unless the running process is given it as well. Only a hash is kept.
 */
function keyOf({ server, environment, placed, accounts, grants }: Credential): string {
  const { definition } = server
  const refed = 'onRenewal' in definition && definition.onRenewal === 'refeed'
  const files = refed ? null : placed?.files
  const values = [environment, files, placed?.arguments]
  const content = JSON.stringify([server.name, definition, accounts, grants, values])
  return createHash('sha256').update(content).digest('hex')
}
