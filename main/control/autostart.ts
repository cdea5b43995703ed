import { WarderError } from '../errors.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

/** Starting at login gives nobody a right, so it asks nobody. */
export function autostartHandlers({
  autostart,
}: Pick<ControlHouse, 'autostart'>): Handlers<'autostart:get' | 'autostart:set'> {
  const view = () => ({ on: autostart?.isOn() ?? null })
  return {
    'autostart:get': async () => view(),
    async 'autostart:set'({ on }) {
      if (autostart === null)
        throw new WarderError('autostart.impossible', 'This Warder cannot start itself at login.')
      try {
        autostart.set(on)
      } catch (cause) {
        throw new WarderError('autostart.impossible', 'The system refused the change.', { cause })
      }
      return view()
    },
  }
}
