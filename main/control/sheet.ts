import type { AccountView, SecretView } from '../../preload/contract/index.ts'
import { revokePage } from '../servers/revoke-page.ts'
import { type Config, isRemote } from '../store/config-schema.ts'
import { visible } from '../visible.ts'

/** For the day the laptop is gone: where each access is taken back. No secret is in it. */
export interface Sheet {
  readonly madeAt: string
  readonly grants: readonly (Pick<
    AccountView,
    'account' | 'server' | 'issuer' | 'clientId' | 'scopes' | 'connectedAt'
  > & { readonly revokePage: string | null })[]
  readonly secrets: readonly (SecretView & { readonly url: string | null })[]
}

export function sheetOf(from: {
  readonly accounts: readonly AccountView[]
  readonly secrets: readonly SecretView[]
  readonly config: Config
  readonly now: Date
}): Sheet {
  const { accounts, secrets, config, now } = from
  return {
    madeAt: now.toISOString(),
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
}

const urlOf = (definition: Parameters<typeof isRemote>[0] | undefined) =>
  definition !== undefined && isRemote(definition) ? new URL(definition.url).origin : null

/** A line for a person; `head`: what stands out where something can. */
export interface SheetLine {
  readonly text: string
  readonly head: boolean
}

/** @param time an instant in the words of whoever prints it */
export function sheetLines(
  { madeAt, grants, secrets }: Sheet,
  time: (instant: string) => string,
): SheetLine[] {
  return [
    head(`If this machine is lost  (as of ${time(madeAt)})`),
    ...plain(
      '',
      'From any browser, sign in at each provider and take the access back. Until then whoever can unlock',
      'the vault of this machine may use it. Nothing on this sheet opens anything.',
      '',
    ),
    ...(grants.length === 0
      ? plain('No account is connected.', '')
      : grants.flatMap((grant) => grantLines(grant, time))),
    ...(secrets.length === 0
      ? []
      : [
          head('Secrets: make new ones where they were issued, and delete the old'),
          ...plain(
            ...secrets.map(
              ({ name, server, url, setAt }) =>
                `[ ] ${name}${server === null ? '' : `, of ${server}`}${url === null ? '' : ` at ${url}`}, set ${time(setAt)}`,
            ),
          ),
        ]),
  ]
}

const head = (text: string): SheetLine => ({ text: visible(text), head: true })
const plain = (...lines: string[]): SheetLine[] =>
  lines.map((text) => ({ text: visible(text), head: false }))

const grantLines = (
  { account, issuer, clientId, scopes, connectedAt, revokePage: page }: Sheet['grants'][number],
  time: (instant: string) => string,
): SheetLine[] => [
  head(`[ ] ${account}`),
  ...plain(
    `    issued by   ${issuer}, since ${time(connectedAt)}`,
    `    known as    ${clientId}`,
    ...(scopes.length === 0 ? [] : [`    may         ${scopes.join(' ')}`]),
    `    take back   ${page ?? 'no page is known: sign in there, and look for connected or authorized applications'}`,
    '',
  ),
]
