import type { AccountUse, ChoiceView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Choice, dangling, earliest, named } from '../oauth/account-choice.ts'
import { isOfKind } from '../oauth/grant-kind.ts'
import type { Grant } from '../oauth/types.ts'
import { describeAccounts } from '../policy/trust.ts'
import { signsIn } from '../servers/servers.ts'
import { type ClientDefinition, type Config, isRemote } from '../store/config-schema.ts'
import { isFolder } from '../store/folders.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import type { Handlers } from './types.ts'

type Choices = Pick<Config, 'servers' | 'clients'>

interface Written extends Choice {
  readonly server: string
  readonly client: string | null
}

/** Every choice of the configuration, folders first, as they go before the rest. */
function written({ servers, clients }: Choices): Written[] {
  const all = (
    chosen: Readonly<Record<string, string>> = {},
    where: Pick<Written, 'client' | 'folder' | 'by'>,
  ) => Object.entries(chosen).map(([server, account]) => ({ server, account, ...where }))
  return [
    ...Object.entries(clients).flatMap(([client, { accounts, folders = [] }]) => [
      ...folders.flatMap((rule) =>
        all(rule.accounts, { client, folder: rule.folder, by: 'folder' }),
      ),
      ...all(accounts, { client, folder: null, by: 'client' }),
    ]),
    ...Object.entries(servers).flatMap(([server, definition]) => {
      const account = isRemote(definition) ? definition.account : undefined
      return account === undefined
        ? []
        : [{ server, account, client: null, folder: null, by: 'server' as const }]
    }),
  ]
}

/** What people chose, and what is wrong with it. A choice for a server that is not there means nothing. */
export function choiceViews(choices: Choices, grants: readonly Grant[]): ChoiceView[] {
  return written(choices)
    .filter(({ server }) => Object.hasOwn(choices.servers, server))
    .map((choice) => {
      const { server, account, client, folder } = choice
      return {
        server,
        account,
        client,
        folder,
        problem: problemOf(choice, choices.servers, grants),
      }
    })
}

function problemOf(
  choice: Written,
  servers: Config['servers'],
  grants: readonly Grant[],
): string | null {
  const { server, account, client } = choice
  const usable = grants.filter((grant) => isOfKind(servers, grant))
  const found = named(usable, server, account)
  if (found.length === 0) return dangling(server, client, choice)
  return found.length === 1 ? null : `More than one account of ${server} answers to ${account}.`
}

/** Where an account is used: where it was chosen, and, where nobody chose, as the one that was connected first. */
export function usesOf(choices: Choices, grants: readonly Grant[], grant: Grant): AccountUse[] {
  const { id, server } = grant
  if (!isOfKind(choices.servers, grant)) return []
  const usable = grants.filter((one) => isOfKind(choices.servers, one))
  const chosen = written(choices).filter((one) => one.server === server)
  const uses = chosen
    .filter(({ account }) => named(usable, server, account).some((one) => one.id === id))
    .map(({ client, folder }) => ({ client, folder }))
  const hasDefault = chosen.some(({ by }) => by === 'server')
  const isFirst = earliest(usable, server)?.id === id
  return hasDefault || !isFirst ? uses : [...uses, { client: null, folder: null }]
}

interface Wish {
  readonly server: string
  readonly account: string | null
  readonly client?: string | undefined
  readonly folder?: string | undefined
}

/** Chooses the account of a server for a client, for a folder of it, or for whoever has none chosen. */
export function choiceHandlers(house: ControlHouse): Handlers<'accounts:use'> {
  const { config, grants, presence } = house
  return {
    async 'accounts:use'({ confirm: answer, ...wish }) {
      check(wish, house)
      const { server, client = null, folder = null } = wish
      // Under its own name, not a label: the one name that is never given to another account.
      const account =
        wish.account === null ? null : grants.find(`${server}/${wish.account}`).account
      const before = config.current()
      const after = changed(before, { ...wish, account })
      const view = { server, account, client, folder, problem: null }
      if (JSON.stringify(before) === JSON.stringify(after)) return view
      const who = client === null ? `clients without a choice` : client
      const where = folder === null ? '' : ` in ${folder}`
      await confirm(
        presence,
        {
          kind: 'accounts.use',
          title:
            account === null
              ? `Choose no account of ${server} for ${who}${where}`
              : `Use ${server}/${account} for ${who}${where}`,
          lines:
            client === null
              ? [
                  `${who} use ${account === null ? 'the account that was connected first' : account}`,
                ]
              : describeAccounts(client, after.clients[client] ?? {}),
        },
        answer,
      )
      await config.edit(
        (current) => changed(current, { ...wish, account }),
        (file) => {
          if (client === null) return file.set(['servers', server, 'account'], account ?? undefined)
          if (folder === null)
            return file.set(['clients', client, 'accounts', server], account ?? undefined)
          const folders = file.read().clients[client]?.folders ?? []
          const index = folders.findIndex((rule) => rule.folder === folder)
          if (index >= 0)
            return file.set(
              ['clients', client, 'folders', index, 'accounts', server],
              account ?? undefined,
            )
          if (account !== null)
            file.set(['clients', client, 'folders', -1], {
              folder,
              accounts: { [server]: account },
            })
        },
      )
      return view
    },
  }
}

function check({ server, client, folder }: Wish, { config }: ControlHouse): void {
  const { definition } = knownServer(config, server)
  if (!signsIn(definition))
    throw new WarderError('usage.invalid', `${server} is not a server that anybody signs in to.`)
  if (client !== undefined && !Object.hasOwn(config.current().clients, client))
    throw new WarderError('client.unknown', `There is no client ${client}.`)
  if (folder !== undefined && client === undefined)
    throw new WarderError('usage.invalid', 'A folder is a choice of one client: name the client.')
  if (folder !== undefined && !isFolder(folder))
    throw new WarderError('usage.invalid', 'Name an absolute folder without . and ..')
}

function changed(config: Config, { server, account, client, folder }: Wish): Config {
  const put = (accounts: Readonly<Record<string, string>> = {}) => ({
    ...Object.fromEntries(Object.entries(accounts).filter(([other]) => other !== server)),
    ...(account === null ? {} : { [server]: account }),
  })
  if (client === undefined) {
    const { account: _, ...definition } = config.servers[server] as { account?: string }
    const chosen = { ...definition, ...(account === null ? {} : { account }) }
    return { ...config, servers: { ...config.servers, [server]: chosen } } as Config
  }
  const own = config.clients[client] ?? {}
  return { ...config, clients: { ...config.clients, [client]: choose(own, folder, account, put) } }
}

function choose(
  own: ClientDefinition,
  folder: string | undefined,
  account: string | null,
  put: (accounts?: Readonly<Record<string, string>>) => Record<string, string>,
): ClientDefinition {
  const { accounts, folders = [] } = own
  if (folder === undefined)
    return account === null && accounts === undefined ? own : { ...own, accounts: put(accounts) }
  if (folders.some((rule) => rule.folder === folder))
    return {
      ...own,
      folders: folders.map((rule) =>
        rule.folder === folder ? { ...rule, accounts: put(rule.accounts) } : rule,
      ),
    }
  return account === null ? own : { ...own, folders: [...folders, { folder, accounts: put() }] }
}
