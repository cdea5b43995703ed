import { WarderError } from '../errors.ts'
import type { Presence, TrustAction } from '../ports.ts'

/** Asks a person for what widens trust. @throws WarderError `presence.required`, `presence.refused` */
export async function confirm(
  presence: Presence,
  action: TrustAction,
  answer: string | undefined,
): Promise<void> {
  if (await presence.confirm(action, answer)) return
  throw new WarderError('presence.refused', `${action.title}: refused. Nothing was changed.`)
}
