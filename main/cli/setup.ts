import { mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isWarderError, WarderError } from '../errors.ts'
import { secretsOf } from '../servers/servers.ts'
import { openConfigFile } from '../store/config-file.ts'
import { configOf } from '../store/config-of.ts'
import {
  changesOf,
  makeSetup,
  readSetup,
  type Setup,
  type SetupChange,
} from '../wiring/setup/portable.ts'
import { type Context, examples, type Verb } from './context.ts'
import type { Line } from './output.ts'
import { addSheet } from './sheet.ts'

export const addSetup: Verb = (program, action) => {
  const setup = program
    .command('setup')
    .summary('the whole set-up: export, import, and a sheet for the day the laptop is gone')
    .description('Carries the whole set-up to another machine, without secrets.')
    .addHelpText(
      'after',
      examples('warder setup export > warder-setup.json', 'warder help setup import'),
    )

  setup
    .command('export')
    .summary('servers, clients, rules and settings as one file without secrets')
    .description(
      'Writes the set-up to standard output as one portable file: servers, providers, clients, rules and settings, and the names of the secrets and accounts that they need. No secret, token or approval is in it. Needs no companion; with one, the accounts are named too.',
    )
    .addHelpText('after', examples('warder setup export > warder-setup.json'))
    .action(action(exportSetup))

  setup
    .command('import')
    .argument('<file>', 'from `warder setup export`; - reads standard input')
    .option('--dry-run', 'show what would be taken over, and change nothing')
    .summary('take a set-up over, and say what is left to do')
    .description(
      'Writes what is missing here into config.json. Nothing that is here is changed, and what widens waits in `warder approvals`. Says which secrets to set and which accounts to connect. Needs no companion.',
    )
    .addHelpText(
      'after',
      examples(
        'warder setup import warder-setup.json --dry-run',
        'warder setup import warder-setup.json',
      ),
    )
    .action(action(importSetup))

  addSheet(setup, action)
}

async function exportSetup(context: Context): Promise<void> {
  const { home, output } = context
  const setup = makeSetup(configOf(home), await accountsOf(context), {
    home: homedir(),
    now: new Date(),
  })
  // The file is the result, for people too.
  output.result(setup, () => JSON.stringify(setup, null, 2).split('\n'))
}

async function accountsOf({ control }: Context): Promise<Setup['accounts']> {
  try {
    const accounts = await control.call('accounts:list', {})
    return accounts.map(({ server, account, issuer }) => ({ server, account, issuer }))
  } catch (error) {
    if (isWarderError(error, 'companion.unreachable')) return []
    throw error
  }
}

async function importSetup(
  { home, output }: Context,
  file: string,
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  const setup = readSetup(textOf(file), homedir())
  const changes = changesOf(setup, configOf(home))
  const taken = changes.filter(({ state }) => state === 'new')
  if (!dryRun && taken.length > 0) {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const config = openConfigFile(home)
    for (const { location, value } of taken) config.set(location, value)
  }
  const servers = taken.flatMap(({ kind, name }) => (kind === 'server' ? [name] : []))
  const secrets = [
    ...new Set(servers.flatMap((name) => secretsOf(setup.config.servers[name] as never))),
  ].sort()
  const accounts = setup.accounts.filter(({ server }) => servers.includes(server))
  const clients = taken.flatMap(({ kind, name }) => (kind === 'client' ? [name] : []))
  const view = {
    done: !dryRun,
    changes: changes.map(({ kind, name, state }) => ({ kind, name, state })),
    next: { secrets, accounts, clients },
  }
  output.result(view, () => importLines(changes, view))
}

function importLines(
  changes: readonly SetupChange[],
  {
    done,
    next,
  }: { done: boolean; next: { secrets: string[]; accounts: Setup['accounts']; clients: string[] } },
): Line[] {
  const of = (state: SetupChange['state']) => changes.filter((change) => change.state === state)
  const list = (all: readonly SetupChange[]) => all.map(({ kind, name }) => `  ${kind} ${name}`)
  const taken = of('new')
  return [
    taken.length === 0
      ? 'There is nothing to take over.'
      : done
        ? 'Taken over:'
        : 'Would be taken over:',
    ...list(taken),
    ...(of('differs').length === 0
      ? []
      : [
          [{ text: 'Stays as it is here, and is another one there:', style: 'yellow' as const }],
          ...list(of('differs')),
        ]),
    ...(taken.length === 0 ? [] : ['Then, in this order:', ...nextLines(next)]),
  ]
}

const nextLines = ({
  secrets,
  accounts,
  clients,
}: Parameters<typeof importLines>[1]['next']): Line[] => [
  ...secrets.map((name) => `  warder secret set ${name}`),
  '  warder approvals',
  ...accounts.map(({ server, account }) => `  warder connect ${server}    (${account})`),
  ...clients.map((name) => `  wire ${name} to this machine`),
]

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new WarderError('usage.invalid', `${file} cannot be read.`, { cause })
  }
}
