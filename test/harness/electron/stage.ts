import type { FromDriven, Snapshot } from './protocol.ts'

/** The one place where the fake keeps what a person would see; every change is told to the test. */
let current: Snapshot = {
  cdp: null,
  windows: [],
  tray: null,
  dialogs: [],
  errors: [],
  notifications: [],
  opened: [],
  denied: [],
  relaunched: null,
}

export const stage = {
  get now(): Snapshot {
    return current
  },
  change(part: Partial<Snapshot>): void {
    current = { ...current, ...part }
    tell({ type: 'snapshot', snapshot: current })
  },
}

export function tell(message: FromDriven): void {
  if (process.connected) process.send?.(message)
}
