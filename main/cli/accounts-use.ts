import path from 'node:path'
import type { Command } from 'commander'
import type { ChoiceView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { realFolder } from '../store/folders.ts'
import { type Action, type Context, examples } from './context.ts'
import { withPresence } from './presence.ts'

interface Where {
  readonly client?: string
  readonly folder?: string
}

/** The verbs of `accounts` that say which account is used where. */
export function addAccountsUse(group: Command, action: Action): void {
  withWhere(group.command('use').argument('<account>', 'SERVER/ACCOUNT, from `warder accounts`'))
    .summary('use this account of its server')
    .description(
      'Uses this account for every client that has none chosen, for one client, or for one client where it is started in a folder. Another account is never used in its place.',
    )
    .addHelpText(
      'after',
      examples(
        'warder accounts use github/ada',
        'warder accounts use github/ada-work --client cursor --folder ~/work',
      ),
    )
    .action(
      action((context: Context, account: string, where: Where) => {
        const slash = account.indexOf('/')
        if (slash < 1 || slash === account.length - 1)
          throw new WarderError('usage.invalid', 'Write SERVER/ACCOUNT, as `warder accounts` does.')
        return use(context, account.slice(0, slash), account.slice(slash + 1), where)
      }),
    )
  withWhere(group.command('unuse').argument('<server>', 'whose choice to take back'))
    .summary('take a choice of `accounts use` back')
    .description('Takes the choice back that was made for the same client and folder.')
    .addHelpText('after', examples('warder accounts unuse github --client cursor'))
    .action(
      action((context: Context, server: string, where: Where) => use(context, server, null, where)),
    )
}

const withWhere = (command: Command) =>
  command
    .option('--client <name>', 'for this client alone')
    .option('--folder <dir>', 'where the client is started in this folder or below')

async function use(
  { control, output, yes }: Context,
  server: string,
  account: string | null,
  { client, folder }: Where,
): Promise<void> {
  const where = {
    ...(client === undefined ? {} : { client }),
    // A shim says where it was started with links followed.
    ...(folder === undefined ? {} : { folder: realFolder(path.resolve(folder)) }),
  }
  const choice = await withPresence({ output, yes }, (confirm) =>
    control.call('accounts:use', { server, account, ...where, ...confirm }),
  )
  output.result(choice, (one) => [sentence(one)])
}

function sentence({ server, account, client, folder }: ChoiceView): string {
  const who = client ?? 'Every client without a choice'
  const where = folder === null ? '' : ` in ${folder}`
  return account === null
    ? `No account of ${server} is chosen for ${client ?? 'them'}${where} any more.`
    : `${who} uses ${server}/${account}${where}.`
}
