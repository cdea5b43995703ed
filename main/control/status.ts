import { WarderError } from '../errors.ts'
import { clientDocument } from '../oauth/client-document.ts'
import type { Grant } from '../oauth/types.ts'
import { signsIn } from '../servers/servers.ts'
import type { ServerDefinition } from '../store/config-schema.ts'
import { choiceViews } from './account-choices.ts'
import type { ControlHouse } from './house.ts'
import { liveImports } from './imports.ts'
import { unconfirmedServers } from './local-runs.ts'
import type { Handlers } from './types.ts'
import { accountName, instantView } from './views.ts'
import { wiringProblems } from './wiring.ts'

export function statusHandlers(
  house: ControlHouse,
): Handlers<'status:get' | 'ui:open' | 'cimd:get'> {
  const { config, vault, grants, bridge } = house
  return {
    async 'status:get'() {
      const { servers } = config.current()
      const accounts = grants.list()
      const waiting = bridge.parking.waiting()
      const { state, why } = await vault.status()
      const stopped = house.stop.current()
      return {
        version: house.version,
        shell: house.shell,
        home: house.home,
        pid: process.pid,
        startedAt: instantView(house.startedAt),
        user: house.user,
        stopped: stopped === null ? null : instantView(stopped.at),
        paused: sinceView(house.hold.since('paused')),
        locked: sinceView(house.hold.since('locked')),
        lockWithScreen: house.hold.withScreen(),
        vault: { kind: vault.kind, state, why },
        http: `http://127.0.0.1:${bridge.port}`,
        sockets: house.socketDirectory,
        servers: Object.keys(servers).length,
        accounts: accounts.length,
        signInNeeded: signInNeeded(servers, accounts, waiting),
        waiting,
        approvals:
          config.held().length +
          (await unconfirmedServers(house)).length +
          house.pins.waiting().length,
        choiceProblems: choiceViews(config.current(), accounts).flatMap(
          ({ problem }) => problem ?? [],
        ),
        plainTokens: liveImports(house),
        wiringProblems: wiringProblems(house),
        config: config.problem(),
      }
    },
    async 'cimd:get'() {
      const url = config.current().settings.clientMetadataUrl
      if (url !== undefined) return clientDocument(url)
      throw new WarderError(
        'cimd.not_configured',
        'Set `settings.clientMetadataUrl` in config.json to the https URL where you will publish the document.',
      )
    },
    'ui:open': ({ browser }) => house.openUi({ browser }),
  }
}

const sinceView = (at: number | null) => (at === null ? null : instantView(at))

/**
 * What waits for a person to sign in, in the order of the configuration: the name of a server that nobody is signed in
 * to, `server/account` of each account that cannot be used as it is, and last the name of a server whose account works
 * but not for the calls that wait.
 */
export function signInNeeded(
  servers: Readonly<Record<string, ServerDefinition>>,
  grants: readonly Grant[],
  waiting: readonly { readonly server: string }[] = [],
): string[] {
  const unusable = Object.entries(servers)
    .filter(([, definition]) => signsIn(definition))
    .flatMap(([server]) => {
      const accounts = grants.filter(
        (grant) => grant.server === server && grant.state !== 'revoking',
      )
      if (accounts.length === 0) return [server]
      return accounts.filter((grant) => grant.state !== 'connected').map(accountName)
    })
  const named = new Set(unusable.map((name) => name.split('/', 1)[0]))
  const others = new Set(waiting.map(({ server }) => server).filter((name) => !named.has(name)))
  return [...unusable, ...others]
}
