import { examples, type Verb } from './context.ts'

export const addUi: Verb = (program, action) => {
  program
    .command('ui')
    .summary('open the window')
    .description(
      'Opens the window of the companion (desktop), or its page in the browser (headless).',
    )
    .option('--no-browser', 'print the one-time link instead of opening it')
    .addHelpText('after', examples('warder ui', 'warder ui --no-browser'))
    .action(
      action(async ({ control, output }, options: { browser: boolean }) => {
        const opened = await control.call('ui:open', { browser: options.browser })
        const link = opened.url ?? opened.file
        output.result(opened, () =>
          options.browser || link === null ? ['The window of Warder is open.'] : [link],
        )
      }),
    )
}
