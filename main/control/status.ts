import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'
import { accountName, instantView } from './views.ts'

export function statusHandlers(house: ControlHouse): Handlers<'status:get' | 'ui:open'> {
  const { config, vault, grants, bridge } = house
  return {
    async 'status:get'() {
      const accounts = grants.list()
      const { state, why } = await vault.status()
      return {
        version: house.version,
        shell: house.shell,
        home: house.home,
        pid: process.pid,
        startedAt: instantView(house.startedAt),
        user: house.user,
        vault: { kind: vault.kind, state, why },
        http: `http://127.0.0.1:${bridge.port}`,
        sockets: house.socketDirectory,
        servers: Object.keys(config.current().servers).length,
        accounts: accounts.length,
        signInNeeded: accounts.filter(({ state }) => state === 'sign-in-needed').map(accountName),
        approvals: config.held().length,
        config: config.problem(),
      }
    },
    'ui:open': ({ browser }) => house.openUi({ browser }),
  }
}
