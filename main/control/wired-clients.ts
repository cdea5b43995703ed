import { isWarderError, toWarderError } from '../errors.ts'
import type { Ledger } from '../wiring/ledger.ts'
import { clientIds } from '../wiring/types.ts'
import type { Control } from './types.ts'

/**
 * Lets in the clients that a person wired while no companion ran, and shuts out those that were taken out. The person
 * agreed on a terminal, which is what a shell without a window asks for; one with a window asks again. What cannot be
 * done now, as with a locked vault, stays for the next start.
 */
export async function admitWired(control: Control, ledger: Ledger): Promise<void> {
  const waiting = ledger.pending()
  for (const name of clientIds.filter((id) => waiting[id] !== undefined))
    try {
      if (waiting[name] === 'in') await addAgreed(control, name)
      const wanted = ledger.pending()[name]
      const takenOut = waiting[name] === 'in' && wanted !== 'in'
      // While a person was asked, it may have been taken out again.
      if (wanted === 'out' || takenOut) await control.call('clients:remove', { name })
      ledger.setPending(name, null)
    } catch (error) {
      if (isWarderError(error, 'client.exists', 'client.unknown', 'presence.refused'))
        ledger.setPending(name, null)
      else
        process.stderr.write(
          `warder: ${name} was wired and is not let in yet: ${toWarderError(error).message}\n`,
        )
    }
}

async function addAgreed(control: Control, name: string): Promise<void> {
  try {
    await control.call('clients:add', { name })
  } catch (error) {
    const challenge = isWarderError(error, 'presence.required') && error.details?.challenge
    if (typeof challenge !== 'string') throw error
    await control.call('clients:add', { name, confirm: challenge })
  }
}
