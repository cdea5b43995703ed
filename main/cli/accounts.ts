import type { AccountUse, AccountView } from '../../preload/contract/index.ts'
import { addAccountsUse } from './accounts-use.ts'
import { examples, type Verb } from './context.ts'
import { type Line, localTime, table } from './output.ts'

export const addAccounts: Verb = (program, action) => {
  const group = program
    .command('accounts')
    .summary('the accounts you are signed in with')
    .description('Lists the grants: which account at which server, and whether it works.')
    .addHelpText('after', examples('warder accounts', 'warder accounts --json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('accounts:list', {}), accountLines)
      }),
    )
  addAccountsUse(group, action)
}

function accountLines(accounts: readonly AccountView[]): Line[] {
  if (accounts.length === 0) return ['No account is connected: warder connect SERVER']
  const lines = table(
    [
      'ACCOUNT',
      'KIND',
      'STATE',
      'USED BY',
      'CONNECTED',
      'REFRESHED',
      'ISSUER',
      'ORGANISATION',
      'BOUND',
      'QUIRKS',
      'SCOPES',
      'NOT GIVEN',
    ],
    accounts.map((account) => [
      account.account,
      account.kind,
      { text: account.state, style: account.state === 'connected' ? 'green' : 'yellow' },
      account.usedBy.map(useText).join(', ') || '-',
      localTime(account.connectedAt),
      localTime(account.refreshedAt),
      account.issuer,
      account.organisation ?? '-',
      account.bound ?? '-',
      account.quirks.join(' ') || '-',
      account.scopes.join(' ') || '-',
      account.withheld.join(' ') || '-',
    ]),
  )
  return [
    ...lines,
    ...accounts.flatMap(({ account, unused }) =>
      unused === null ? [] : [`${account}: ${unused}`],
    ),
    ...accounts.flatMap(({ account, revokeWarning }) =>
      revokeWarning === null ? [] : [`Before you revoke ${account}: ${revokeWarning}`],
    ),
  ]
}

const useText = ({ client, folder }: AccountUse) =>
  `${client ?? 'the rest'}${folder === null ? '' : ` in ${folder}`}`
