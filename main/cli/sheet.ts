import type { Command } from 'commander'
import { sheetLines, sheetOf } from '../control/sheet.ts'
import { configOf } from '../store/config-of.ts'
import { type Action, type Context, examples } from './context.ts'
import { type Line, localTime } from './output.ts'

export function addSheet(setup: Command, action: Action): void {
  setup
    .command('sheet')
    .summary('a list to print: where to take every access back when this machine is lost')
    .description(
      'Lists every grant with the page where its provider takes the access back, and every secret with the server that it opens. No secret is in it: print it, or keep it on another machine.',
    )
    .addHelpText(
      'after',
      examples('warder setup sheet > lost-laptop.txt', 'warder setup sheet --json'),
    )
    .action(action(sheet))
}

async function sheet({ control, home, output }: Context): Promise<void> {
  const [accounts, secrets] = await Promise.all([
    control.call('accounts:list', {}),
    control.call('secrets:list', {}),
  ])
  const view = sheetOf({ accounts, secrets, config: configOf(home), now: new Date() })
  output.result(view, (made) =>
    sheetLines(made, localTime).map(
      ({ text, head }): Line => (head ? [{ text, style: 'bold' }] : text),
    ),
  )
}
