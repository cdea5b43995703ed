import type { Command } from 'commander'
import { WarderError } from '../errors.ts'
import { examples, type Verb } from './context.ts'

export const addHelp: Verb = (program, action) => {
  program
    .command('help')
    .argument('[verb...]')
    .summary('help for a verb')
    .description('Shows help for a verb, or for all of them.')
    .addHelpText('after', examples('warder help', 'warder help server add'))
    .action(
      action(async (_context, path: string[]) => {
        path.reduce(verbOf, program).outputHelp()
      }),
    )
}

function verbOf(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name)
  if (found === undefined) throw new WarderError('usage.invalid', `There is no verb ${name}.`)
  return found
}
