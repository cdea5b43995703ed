import type { Command } from 'commander'
import type { AccountView, SecretView } from '../../preload/contract/index.ts'
import { revokePage } from '../servers/revoke-page.ts'
import { isRemote } from '../store/config-schema.ts'
import { configOf } from './config-of.ts'
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
  const config = configOf(home)
  const view = {
    madeAt: new Date().toISOString(),
    grants: accounts.map((account) => ({
      account: account.account,
      server: account.server,
      issuer: account.issuer,
      clientId: account.clientId,
      scopes: account.scopes,
      connectedAt: account.connectedAt,
      revokePage: revokePage(account, config),
    })),
    secrets: secrets.map(({ name, server, setAt }) => ({
      name,
      server,
      url: urlOf(server === null ? undefined : config.servers[server]),
      setAt,
    })),
  }
  output.result(view, sheetLines)
}

const urlOf = (definition: Parameters<typeof isRemote>[0] | undefined) =>
  definition !== undefined && isRemote(definition) ? new URL(definition.url).origin : null

interface Sheet {
  readonly madeAt: string
  readonly grants: readonly (Pick<
    AccountView,
    'account' | 'server' | 'issuer' | 'clientId' | 'scopes' | 'connectedAt'
  > & { readonly revokePage: string | null })[]
  readonly secrets: readonly (SecretView & { readonly url: string | null })[]
}

function sheetLines({ madeAt, grants, secrets }: Sheet): Line[] {
  return [
    [{ text: 'If this machine is lost', style: 'bold' }, `  (as of ${localTime(madeAt)})`],
    '',
    'From any browser, sign in at each provider and take the access back. Until then whoever can unlock',
    'the vault of this machine may use it. Nothing on this sheet opens anything.',
    '',
    ...(grants.length === 0 ? ['No account is connected.', ''] : grants.flatMap(grantLines)),
    ...(secrets.length === 0
      ? []
      : [
          [
            {
              text: 'Secrets: make new ones where they were issued, and delete the old',
              style: 'bold' as const,
            },
          ],
          ...secrets.map(
            ({ name, server, url, setAt }) =>
              `[ ] ${name}${server === null ? '' : `, of ${server}`}${url === null ? '' : ` at ${url}`}, set ${localTime(setAt)}`,
          ),
        ]),
  ]
}

const grantLines = ({
  account,
  issuer,
  clientId,
  scopes,
  connectedAt,
  revokePage: page,
}: Sheet['grants'][number]): Line[] => [
  [{ text: `[ ] ${account}`, style: 'bold' }],
  `    issued by   ${issuer}, since ${localTime(connectedAt)}`,
  `    known as    ${clientId}`,
  ...(scopes.length === 0 ? [] : [`    may         ${scopes.join(' ')}`]),
  `    take back   ${page ?? 'no page is known: sign in there, and look for connected or authorized applications'}`,
  '',
]
