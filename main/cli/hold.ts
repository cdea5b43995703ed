import { examples, type Verb } from './context.ts'
import { withPresence } from './presence.ts'

export const addHolds: Verb = (program, action) => {
  program
    .command('pause')
    .summary('refuse every call until `warder resume`')
    .description(
      'Refuses every call of every client. Nothing is revoked and nobody is signed out; calls that were sent already come back.',
    )
    .addHelpText('after', examples('warder pause'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('hold:pause', {}), () => [
          'Every call is refused. To let calls through again: warder resume',
        ])
      }),
    )
  program
    .command('lock')
    .summary('pause, end local servers, and show nothing until `warder unlock`')
    .description(
      'Refuses every call, cuts those under way, ends local servers, and answers only what narrows. Nothing is revoked.',
    )
    .addHelpText('after', examples('warder lock'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('hold:lock', {}), () => [
          'Warder is locked. To unlock it: warder unlock',
        ])
      }),
    )
  program
    .command('unlock')
    .summary('end what `warder lock` began')
    .description('Unlocks Warder. A pause or a stop that was in force before still is.')
    .addHelpText('after', examples('warder unlock'))
    .action(
      action(async (context) => {
        const { control, output } = context
        const done = await withPresence(context, (confirm) => control.call('hold:unlock', confirm))
        output.result(done, () => ['Warder is unlocked.'])
      }),
    )
}
