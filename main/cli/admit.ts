import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isWarderError, WarderError } from '../errors.ts'
import { parseConfig } from '../store/config-parse.ts'
import type { Ledger } from '../wiring/ledger.ts'
import type { ClientId } from '../wiring/types.ts'
import type { Context } from './context.ts'
import type { Line } from './output.ts'
import { withPresence } from './presence.ts'
import { askYesNo, openTerminal } from './prompt.ts'

/** Whether a client may come in, before its configuration says so. */
export interface Admission {
  /** `held`: it is in config.json and waits for a person's word. `pending`: it comes in at the companion's next start. */
  readonly state: 'in' | 'held' | 'pending' | 'unknown'
  readonly companion: boolean
}

/** @throws ContractError, WarderError, but for a companion that does not run */
export async function admissionOf(
  { control, home }: Context,
  ledger: Ledger,
  name: ClientId,
): Promise<Admission> {
  try {
    const clients = await control.call('clients:list', {})
    const client = clients.find((one) => one.name === name)
    const state = client === undefined ? 'unknown' : client.state === 'held' ? 'held' : 'in'
    return { state, companion: true }
  } catch (error) {
    if (!isWarderError(error, 'companion.unreachable')) throw error
    const waiting = ledger.pending()[name]
    const isIn = waiting !== 'out' && isListed(home, name)
    return { state: isIn ? 'in' : waiting === 'in' ? 'pending' : 'unknown', companion: false }
  }
}

/**
 * Shows what would happen and asks for it, unless `--yes` was given.
 *
 * @throws WarderError `presence.required` where nobody can be asked, `presence.refused`
 */
export async function agree(
  context: Context,
  title: string,
  lines: readonly Line[],
): Promise<void> {
  context.output.note([{ text: title, style: 'bold' }], ...lines)
  if (context.yes) return
  const terminal = openTerminal()
  if (terminal === null)
    throw new WarderError('presence.required', `${title}: a person has to agree to this.`)
  try {
    if (await askYesNo(terminal, 'Do this?')) return
  } finally {
    terminal.close()
  }
  throw new WarderError('presence.refused', 'Not agreed to; nothing was changed.')
}

/**
 * Lets a client in that a person has agreed to: now, or when the companion starts.
 *
 * @returns true where that is to be undone with the wiring
 */
export async function letIn(
  context: Context,
  ledger: Ledger,
  name: ClientId,
  { state, companion }: Admission,
): Promise<boolean> {
  if (state !== 'unknown') {
    // Whoever was to be shut out at the next start is wanted again.
    if (ledger.pending()[name] === 'out') ledger.setPending(name, null)
    return false
  }
  if (companion)
    await withPresence({ output: context.output, yes: true }, (confirm) =>
      context.control.call('clients:add', { name, ...confirm }),
    )
  ledger.setPending(name, companion ? null : 'in')
  return true
}

/**
 * The opposite; what narrows needs nobody's word.
 *
 * @throws ContractError, WarderError, but for a companion that does not run; what was not done is done at its next start
 */
export async function letOut(context: Context, ledger: Ledger, name: ClientId): Promise<void> {
  const waiting = ledger.pending()[name] === 'in'
  ledger.setPending(name, null)
  if (waiting && !isListed(context.home, name)) return
  try {
    await context.control.call('clients:remove', { name })
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'client.unknown'
    if (gone) return
    ledger.setPending(name, 'out')
    if (!isWarderError(error, 'companion.unreachable')) throw error
  }
}

function isListed(home: string, name: string): boolean {
  try {
    const config = parseConfig(readFileSync(path.join(home, 'config.json'), 'utf8'))
    return Object.hasOwn(config.clients, name)
  } catch {
    return false
  }
}
