import {
  type AccountView,
  type ConnectedView,
  ContractError,
} from '../../preload/contract/index.ts'
import { isWarderError } from '../errors.ts'
import type { Context } from './context.ts'
import { askText, openTerminal } from './prompt.ts'

/** Asks the person what to call an account that its provider does not name. Nobody there, or no answer: it stays. */
export async function nameAccount(
  { control, output, yes }: Pick<Context, 'control' | 'output' | 'yes'>,
  flow: string,
  connected: ConnectedView,
): Promise<AccountView> {
  if (connected.named !== 'nobody' || output.json || yes) return connected
  const terminal = openTerminal()
  if (terminal === null) return connected
  output.note(`The provider does not say who you are; it is ${connected.account} for now.`)
  try {
    for (;;) {
      const name = (await askText(terminal, 'What do you call this account? ')).trim()
      if (name === '') return connected
      try {
        return await control.call('accounts:name', { flow, name: name.slice(0, 128) })
      } catch (error) {
        if (!(error instanceof ContractError)) throw error
        output.note(error.message)
      }
    }
  } catch (error) {
    // The sign-in is done, whatever becomes of the name.
    if (isWarderError(error, 'cli.cancelled')) return connected
    throw error
  } finally {
    terminal.close()
  }
}
