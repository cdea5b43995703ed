import type { SecretView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { providerBinding, secretOf } from '../servers/providers.ts'
import { proxyBinding } from '../servers/proxy.ts'
import { describe, destination, pick, secretsOf } from '../servers/servers.ts'
import type { NamedSecret, SecretBinding } from '../vault/secrets.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import { requireName } from './names.ts'
import type { Handlers } from './types.ts'
import { instantView } from './views.ts'

export function secretHandlers(
  house: ControlHouse,
): Handlers<'secrets:list' | 'secrets:set' | 'secrets:remove'> {
  const { config, secrets, presence } = house
  return {
    async 'secrets:list'() {
      return secrets.list().map(secretView)
    },
    async 'secrets:set'({ name, value, server, confirm: answer }) {
      requireName(name)
      const kept =
        server === undefined ? (boundProxy(house, name) ?? boundProfile(house, name)) : null
      if (kept !== null) return secretView(await secrets.set(name, value, kept))
      const bound = boundServer(house, name, server)
      if (bound === null) return secretView(await secrets.set(name, value, null))
      const known = secrets.list().find((secret) => secret.name === name)
      if (known?.server !== bound.name)
        await confirm(
          presence,
          {
            kind: 'secret.bind',
            title: `Give the secret ${name} to ${bound.name}`,
            lines: [`${bound.name} may then use ${name}:`, ...describe(bound)],
          },
          answer,
        )
      return secretView(
        await secrets.set(name, value, {
          server: bound.name,
          destination: destination(bound.definition),
        }),
      )
    },
    async 'secrets:remove'({ name }) {
      const { servers, providers, settings } = config.current()
      if (proxyBinding(settings.proxy, name) !== null)
        throw new WarderError('secret.in_use', `settings.proxy still refers to the secret ${name}.`)
      const user =
        Object.entries(servers).find(([, definition]) => secretsOf(definition).includes(name)) ??
        Object.entries(providers).find(([, profile]) => secretOf(profile) === name)
      if (user !== undefined)
        throw new WarderError('secret.in_use', `${user[0]} still refers to the secret ${name}.`)
      await secrets.remove(name)
      return {}
    },
  }
}

/** A proxy's password that is renewed goes to the same proxy. */
function boundProxy({ config, secrets }: ControlHouse, secret: string): SecretBinding | null {
  const before = secrets.list().find(({ name }) => name === secret)?.server
  const binding = proxyBinding(config.current().settings.proxy, secret)
  return binding?.server === before ? binding : null
}

/** A client secret that is renewed goes where it went: to the same provider as its profile has it. */
function boundProfile({ config, secrets }: ControlHouse, secret: string): SecretBinding | null {
  const before = secrets.list().find(({ name }) => name === secret)?.server
  const [, profile] =
    Object.entries(config.current().providers)
      .map(([name, one]) => [one, providerBinding(name, one)] as const)
      .find(([one, { server }]) => server === before && secretOf(one) === secret) ?? []
  return profile ?? null
}

/** The server a value is entered for: the one that is named, else the one that it is bound to or refers to it already. */
function boundServer({ config, secrets }: ControlHouse, name: string, server: string | undefined) {
  const { servers } = config.current()
  if (server !== undefined) return knownServer(config, server)
  const before = secrets.list().find((secret) => secret.name === name)?.server
  if (before && Object.hasOwn(servers, before)) return pick(servers, before)
  return null
}

const secretView = (secret: NamedSecret): SecretView => ({
  ...secret,
  setAt: instantView(secret.setAt),
})
