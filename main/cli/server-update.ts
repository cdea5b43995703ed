import type { Output } from '../../preload/contract/index.ts'
import { examples, type Verb } from './context.ts'
import { withPresence } from './presence.ts'

/** `warder server update`, under the verb that `server.ts` has added. */
export const addServerUpdate: Verb = (program, action) => {
  program.commands
    .find((command) => command.name() === 'server')
    ?.command('update')
    .argument('<name>', 'of a local server that npx runs')
    .summary('go on to the newest version of its npm package')
    .description(
      'Asks the registry what the command of a server comes to now, and has that version run in the place of the approved one if you agree. Its rules, accounts and tools stay; tools that changed wait in `warder approvals`.',
    )
    .addHelpText('after', examples('warder server update files'))
    .action(
      action(async ({ control, output, yes }, name: string) => {
        const updated = await withPresence({ output, yes }, (confirm) =>
          control.call('servers:update', { name, ...confirm }),
        )
        output.result(updated, (answer) => [inWords(name, answer)])
      }),
    )
}

const inWords = (name: string, update: Output<'servers:update'>) =>
  !update.changed
    ? `${name} stays at version ${update.version} of ${update.package}: its command comes to no other.`
    : `${name} runs version ${update.version} of ${update.package} from now on, and no longer ${update.before}.`
