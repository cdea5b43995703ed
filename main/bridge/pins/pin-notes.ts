import type { Notifier } from '../../ports.ts'
import { type ParkingTimer, systemTimer } from '../timer.ts'
import type { PinNote } from './pins.ts'

/** Tells the person that tools are held, or in use and worth a look: once for each server until nothing of it waits. */
export interface PinNotes {
  noted(note: PinNote): void
}

/** A list holds many tools at once. So long, in milliseconds, a note waits in order to count them. */
const COUNTED_FOR = 1_000

export function createPinNotes(options: {
  notifier: Notifier
  /** Names of the servers whose tools wait, one for each tool. */
  waiting: () => readonly string[]
  timer?: ParkingTimer
}): PinNotes {
  const { notifier, waiting, timer = systemTimer } = options
  const told = new Set<string>()
  return {
    noted({ what, server }) {
      if (told.size > 0) {
        const left = new Set(waiting())
        for (const one of told) if (!left.has(one)) told.delete(one)
      }
      if ((what !== 'held' && what !== 'noted') || told.has(server)) return
      told.add(server)
      timer.after(COUNTED_FOR, () => {
        const count = waiting().filter((one) => one === server).length
        if (count === 0) return void told.delete(server)
        notifier.notify({
          title: 'Tools to look at',
          body:
            count === 1
              ? `A tool of ${server} is new, has changed or looks odd. It waits under Approvals.`
              : `${count} tools of ${server} are new, have changed or look odd. They wait under Approvals.`,
        })
      })
    },
  }
}
