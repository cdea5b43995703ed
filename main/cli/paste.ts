import { ContractError } from '../../preload/contract/index.ts'
import type { Context } from './context.ts'
import { openTerminal, takeHiddenLines } from './prompt.ts'

/**
 * While a sign-in waits: where there is a terminal, the person may paste the address that a browser on another machine
 * ended at. Never an argument, since it holds the code. What is refused is told in a sentence, and may be tried again.
 *
 * @param cancel is called on Ctrl-C
 * @param again shows another link, where the one that was shown may be over; null where it lasts
 * @returns a function that ends it
 */
export function takePastedAnswers(
  { control, output }: Pick<Context, 'control' | 'output'>,
  flow: string,
  { cancel, again }: { cancel: () => void; again: (() => Promise<void>) | null },
): () => void {
  const terminal = openTerminal()
  if (terminal === null) return () => undefined
  async function take(url: string): Promise<void> {
    try {
      if (url.trim() !== '') await control.call('accounts:answer', { flow, url })
      else await again?.()
    } catch (error) {
      // Where the sign-in itself is over, whoever waits for it is told.
      if (error instanceof ContractError) output.note(error.message)
    }
  }
  const end = takeHiddenLines(terminal, take, cancel)
  // Only now: what is typed before the terminal is silent would be shown.
  output.note(
    'Is that browser on another machine? Then its last page cannot be loaded. Copy the address of that',
    'page, paste it here and press Enter. It is not shown.',
    ...(again === null ? [] : ['Too late for the link? Press Enter alone for a fresh one.']),
  )
  return () => {
    end()
    terminal.close()
  }
}
