import { type Context, examples, type Verb } from './context.ts'
import { localTime, table } from './output.ts'
import { withPresence } from './presence.ts'
import { askHidden, openTerminal, readSecret } from './prompt.ts'

export const addSecret: Verb = (program, action) => {
  const secret = program
    .command('secret')
    .summary('the static credentials in the vault: set, list, remove')
    .description('Keeps static credentials (API keys, personal tokens) in the vault, by name.')
    .addHelpText('after', examples('warder secret', 'warder help secret set'))

  secret
    .command('set')
    .argument('<name>', 'the name to refer to it by, as in secret:NAME')
    .option('--for <server>', 'the server it may be sent to; it is bound to that destination')
    .summary('put a value into the vault')
    .description(
      'Puts a value into the vault. It is asked for on the terminal, or read from standard input (one line break at its end is dropped); it is never an argument, because other programs can read those.',
    )
    .addHelpText(
      'after',
      examples(
        'warder secret set github-token --for github',
        'warder secret set github-token --for github < token.txt',
      ),
    )
    .action(action(set))

  secret
    .command('list', { isDefault: true })
    .summary('names and destinations, never values')
    .description(
      'Lists the secrets by name, with the server each may be sent to. Values are never shown.',
    )
    .addHelpText('after', examples('warder secret list'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('secrets:list', {}), (secrets) =>
          secrets.length === 0
            ? ['No secret is set.']
            : table(
                ['NAME', 'SERVER', 'SET'],
                secrets.map(({ name, server, setAt }) => [name, server ?? '-', localTime(setAt)]),
              ),
        )
      }),
    )

  secret
    .command('remove')
    .argument('<name>')
    .summary('delete a value from the vault')
    .description('Deletes a secret from the vault.')
    .addHelpText('after', examples('warder secret remove github-token'))
    .action(
      action(async ({ control, output }, name: string) => {
        output.result(await control.call('secrets:remove', { name }), () => [
          `The secret ${name} is removed.`,
        ])
      }),
    )
}

async function set(context: Context, name: string, options: { for?: string }): Promise<void> {
  const value = await secretValue(name)
  const stored = await withPresence(context, (confirm) =>
    context.control.call('secrets:set', {
      name,
      value,
      ...(options.for === undefined ? {} : { server: options.for }),
      ...confirm,
    }),
  )
  context.output.result(stored, ({ server }) => [
    server === null
      ? `The secret ${name} is in the vault. It goes nowhere until a server that refers to it is added, or it is set --for SERVER.`
      : `The secret ${name} is in the vault, for ${server} only.`,
  ])
}

async function secretValue(name: string): Promise<string> {
  const terminal = process.stdin.isTTY ? openTerminal() : null
  if (terminal === null) return readSecret(process.stdin.fd)
  try {
    return await askHidden(terminal, `Value of ${name} (not shown): `)
  } finally {
    terminal.close()
  }
}
