import { createControlClient } from '../../../main/cli/control-client.ts'

/**
 * Asks the companion of a home now, and again at each sign that something changed there.
 *
 * @param ask resolves with null while it is not so yet
 */
export async function eventually<T>(home: string, ask: () => Promise<T | null>): Promise<T> {
  // Listens before it asks for the first time: a change in between is not missed.
  const signs = await createControlClient(home).listen('state:changed')
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    await signs.next()
  }
}
