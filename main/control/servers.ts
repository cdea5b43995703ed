import type { Output, ServerView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { isOfKind } from '../oauth/grant-kind.ts'
import { widens } from '../policy/trust.ts'
import { packageOf } from '../servers/package-of.ts'
import {
  describe,
  injections,
  needsNobody,
  pick,
  type Server,
  signsIn,
} from '../servers/servers.ts'
import { type Config, isRemote, type RemoteServer } from '../store/config-schema.ts'
import { choiceViews } from './account-choices.ts'
import { revokeAll } from './accounts.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import { prepare, unconfirmedServers, withPin } from './local-runs.ts'
import { bindProviderSecret, bindSecrets, newServer } from './new-server.ts'
import type { Handlers } from './types.ts'
import { accountName } from './views.ts'

export function serverHandlers(
  house: ControlHouse,
): Handlers<'servers:list' | 'servers:add' | 'servers:remove' | 'servers:test' | 'servers:logs'> {
  const { config, bridge, presence } = house
  return {
    async 'servers:list'() {
      const waiting = new Set((await unconfirmedServers(house)).map(({ server }) => server.name))
      const known = Object.entries(config.current().servers).map(([name, definition]) => ({
        ...serverView({ name, definition }, house),
        ...(waiting.has(name) ? HELD : {}),
      }))
      return [...known, ...heldServers(house)].sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async 'servers:add'({ confirm: answer, ...given }) {
      const { name } = given
      const { server: asked, provider, written, providerLines } = newServer(given, house)
      refuseExisting(config.current().servers, name)
      const server = await withPin(asked, house)
      const lines = [...describe(server), ...providerLines]
      if (provider !== null || widens(undefined, server.definition))
        await confirm(
          presence,
          { kind: 'server.add', title: `Add the server ${name}`, lines },
          answer,
        )
      // A person may take long to answer, and what they agree to takes no other server's place.
      refuseExisting(config.current().servers, name)
      await bindSecrets(server, house)
      if (provider !== null) await bindProviderSecret(provider, house)
      await config.edit(
        ({ servers, providers, ...current }) => {
          refuseExisting(servers, name)
          return {
            ...current,
            servers: { ...servers, [name]: server.definition },
            providers: provider ? { ...providers, [provider.name]: provider.profile } : providers,
          }
        },
        (file) => {
          if (provider !== null) file.set(['providers', provider.name], provider.profile)
          file.set(['servers', name], written)
        },
      )
      prepare(server, house)
      return serverView(server, house)
    },
    async 'servers:remove'({ name }) {
      pick({ ...config.proposedServers(), ...config.current().servers }, name)
      house.grants.abandon(name)
      const receipts = await revokeAll(
        house,
        (grant) => grant.server === name,
        `the server ${name} was removed`,
      )
      await config.edit(
        ({ servers, ...current }) => ({
          ...current,
          servers: Object.fromEntries(Object.entries(servers).filter(([other]) => other !== name)),
        }),
        (file) => file.set(['servers', name], undefined),
      )
      await house.logs.remove(name)
      return receipts
    },
    async 'servers:test'({ name }) {
      const started = performance.now()
      house.runtime.retry(name)
      const result = await bridge.test(name)
      return {
        ...result,
        tools: [...result.tools],
        described: [...result.described],
        latencyMs: Math.round(performance.now() - started),
      }
    },
    async 'servers:logs'({ name, lines }) {
      const { definition } = knownServer(config, name)
      if (isRemote(definition))
        throw new WarderError('usage.invalid', `${name} is a remote server: it writes no log here.`)
      return { lines: await house.logs.read(name, lines) }
    },
  }
}

export function serverView({ name, definition }: Server, house: ControlHouse): ServerView {
  const accounts = house.grants
    .list()
    .filter((grant) => grant.server === name && grant.state !== 'revoking')
  const signedIn = accounts.some(
    (grant) => grant.state === 'connected' && isOfKind({ [name]: definition }, grant),
  )
  const waits = signsIn(definition) && !signedIn
  const problem = isRemote(definition) ? null : house.runtime.problem(name)
  const found = packageOf(definition)
  return {
    name,
    kind: isRemote(definition) ? 'remote' : 'local',
    auth: isRemote(definition) ? definition.auth : 'environment',
    url: isRemote(definition) ? definition.url : null,
    command: isRemote(definition) ? null : [definition.command, ...definition.args],
    package: found === null ? null : { name: found.name, version: found.version },
    injects: injections(definition).map(({ name: slot, from }) => ({
      name: slot,
      from: from.kind === 'secret' ? `secret:${from.name}` : `grant:${from.server}`,
    })),
    accounts: accounts.map(accountName),
    choice:
      choiceViews({ servers: { [name]: definition }, clients: {} }, house.grants.list())[0] ?? null,
    state: waits ? 'sign-in-needed' : problem === null ? 'ready' : 'error',
    message: waits ? connectMessage(name, definition) : problem,
  }
}

/** @throws WarderError `server.exists` */
function refuseExisting(servers: Config['servers'], name: string): void {
  if (Object.hasOwn(servers, name))
    throw new WarderError('server.exists', `There is a server ${name} already.`)
}

const HELD = {
  state: 'held',
  message: 'Waits for your approval: `warder approvals`.',
} as const

const connectMessage = (name: string, definition: RemoteServer) =>
  needsNobody(definition)
    ? `Connect it with \`warder connect ${name}\`: nobody has to sign in.`
    : `Sign in with \`warder connect ${name}\`.`

function heldServers(house: ControlHouse): Output<'servers:list'> {
  const { config } = house
  const proposed = config.proposedServers()
  return Object.entries(proposed)
    .filter(([name]) => !Object.hasOwn(config.current().servers, name))
    .map(([name, definition]) => ({
      ...serverView({ name, definition }, house),
      ...HELD,
    }))
}
