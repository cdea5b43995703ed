import { powerMonitor } from 'electron'
import type { StatusView } from '../../preload/contract/index.ts'
import type { Control } from '../control/types.ts'
import { traceOf } from '../errors.ts'

/**
 * Follows the machine: locks with its screen where the person wants that, and takes up after a sleep what became due in it.
 * On Linux Electron hears of no screen being locked, so there only a suspension counts.
 */
export function followPower(control: Pick<Control, 'call'>, woke: () => void): void {
  powerMonitor.on('lock-screen', () => void lockIfWanted(control))
  powerMonitor.on('suspend', () => void lockIfWanted(control))
  powerMonitor.on('resume', woke)
}

async function lockIfWanted(control: Pick<Control, 'call'>): Promise<void> {
  try {
    const { lockWithScreen, locked } = (await control.call('status:get', {})) as StatusView
    if (lockWithScreen && locked === null) await control.call('hold:lock', {})
  } catch (error) {
    process.stderr.write(`warder: ${traceOf(error)}\n`)
  }
}
