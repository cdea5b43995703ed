import { WarderError } from '../errors.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

/** Ending oneself is what every signal does; asked for here, it is done in order, for an app that takes over. */
export function shellHandlers({
  handOver,
}: Pick<ControlHouse, 'handOver'>): Handlers<'shell:yield'> {
  return {
    async 'shell:yield'() {
      if (handOver === null)
        throw new WarderError(
          'instance.running',
          'The app hands over to nobody: quit it in its tray.',
        )
      // The answer leaves first: what ends is its server, too.
      setImmediate(handOver)
      return {}
    },
  }
}
