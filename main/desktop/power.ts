import type { Control } from '../control/types.ts'
import { traceOf } from '../errors.ts'

/**
 * Follows the machine: locks with its screen where the person wants that, and takes up after a sleep what became due in it.
 * On Linux Electron hears of no screen being locked, so there only a suspension counts.
 */
export function followPower(
  companion: { readonly control: Pick<Control, 'call'>; woke(): void; locksWithScreen(): boolean },
  monitor: Monitor,
): void {
  monitor.on('lock-screen', () => void lockIfWanted(companion))
  monitor.on('suspend', () => void lockIfWanted(companion))
  monitor.on('resume', companion.woke)
}

/** What of Electron's power monitor is listened to. */
interface Monitor {
  on(event: 'lock-screen' | 'suspend' | 'resume', listener: () => void): unknown
}

/** Asks nothing that may take time, as a keychain may that is locked with the screen: a machine that sleeps does not wait. */
async function lockIfWanted({
  control,
  locksWithScreen,
}: Parameters<typeof followPower>[0]): Promise<void> {
  if (!locksWithScreen()) return
  try {
    await control.call('hold:lock', {})
  } catch (error) {
    process.stderr.write(`warder: ${traceOf(error)}\n`)
  }
}
