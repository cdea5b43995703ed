import type { ClientView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import type { Rule } from '../store/config-schema.ts'
import { choiceViews } from './account-choices.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { requireName } from './names.ts'
import type { Handlers } from './types.ts'
import { instantView } from './views.ts'

export function clientHandlers(
  house: ControlHouse,
): Handlers<'clients:list' | 'clients:add' | 'clients:renew' | 'clients:remove'> {
  const { config, clients, bridge, presence } = house
  return {
    async 'clients:list'() {
      const held = config
        .held()
        .flatMap((change) => (change.kind === 'client' ? [change.subject] : []))
      const names = [...Object.keys(config.current().clients), ...held].sort()
      return names.map((name) => clientView(name, house, held.includes(name)))
    },
    async 'clients:add'({ name, confirm: answer }) {
      requireName(name)
      refuseKnown(house, name)
      // With a rule of its own the client can work at once, and the person sees in the question what that means.
      await confirm(
        presence,
        {
          kind: 'client.add',
          title: `Let the client ${name} in`,
          lines: [
            `${name} gets a socket and a bearer of its own`,
            `${name} may then call every tool of every server, until you narrow the rules in config.json`,
          ],
        },
        answer,
      )
      const bearer = await letClientIn(house, name)
      return {
        client: clientView(name, house, false),
        bearer,
        http: `http://127.0.0.1:${bridge.port}`,
      }
    },
    async 'clients:renew'({ name, confirm: answer }) {
      if (!clients.has(name) || !Object.hasOwn(config.current().clients, name))
        throw new WarderError('client.unknown', `There is no client ${name}.`)
      await confirm(
        presence,
        {
          kind: 'client.renew',
          title: `Give the client ${name} a new bearer`,
          lines: [
            `Whoever holds it may call as ${name} what the rules allow`,
            'The bearer it had is void',
          ],
        },
        answer,
      )
      return {
        bearer: clients.renew(name),
        client: clientView(name, house, false),
        http: `http://127.0.0.1:${bridge.port}`,
      }
    },
    async 'clients:remove'({ name }) {
      await removeClient(house, name)
      return {}
    },
  }
}

/**
 * Lets a client in; the caller has asked a person.
 *
 * @returns its bearer
 * @throws WarderError `client.exists`, `vault.locked`, `store.unwritable`
 */
export async function letClientIn(house: ControlHouse, name: string): Promise<string> {
  const { config, clients, bridge } = house
  refuseKnown(house, name)
  const rule: Rule = { effect: 'allow', client: name, server: '*' }
  const bearer = clients.add(name)
  try {
    await config.edit(
      (current) => ({
        ...current,
        clients: { ...current.clients, [name]: {} },
        rules: [...current.rules, rule],
      }),
      (file) => {
        file.set(['rules', -1], rule)
        file.set(['clients', name], {})
      },
    )
    await bridge.letIn(name)
  } catch (error) {
    // Whatever was done of it is undone: a client that cannot come in keeps no rule either.
    await removeClient(house, name).catch(() => clients.has(name) && clients.remove(name))
    throw error
  }
  return bearer
}

function refuseKnown({ config, clients }: ControlHouse, name: string): void {
  if (Object.hasOwn(config.current().clients, name) || clients.has(name))
    throw new WarderError('client.exists', `There is a client ${name} already.`)
}

/** The client's bearer and socket are void and its sessions ended when this resolves. @throws WarderError `client.unknown` */
export async function removeClient(
  { config, clients, bridge }: ControlHouse,
  name: string,
): Promise<void> {
  const listed = Object.hasOwn(config.current().clients, name)
  if (!listed && !clients.has(name))
    throw new WarderError('client.unknown', `There is no client ${name}.`)
  if (clients.has(name)) clients.remove(name)
  await bridge.shutOut(name)
  // What denies stays: it widens nothing, and should the name come back it still holds.
  const letIn = (rule: Rule) => rule.effect === 'allow' && rule.client === name
  await config.edit(
    ({ clients: all, rules, ...current }) => ({
      ...current,
      clients: Object.fromEntries(Object.entries(all).filter(([other]) => other !== name)),
      rules: rules.filter((rule) => !letIn(rule)),
    }),
    (file) => {
      // From the end, so that the places of the others hold.
      for (const [index, rule] of [...file.read().rules.entries()].toReversed())
        if (letIn(rule)) file.set(['rules', index], undefined)
      file.set(['clients', name], undefined)
    },
  )
}

function clientView(name: string, house: ControlHouse, held: boolean): ClientView {
  const { clients, bridge, config, grants } = house
  const row = clients.list().find((client) => client.name === name)
  const sockets = bridge.sockets()
  return {
    name,
    state: held ? 'held' : 'active',
    socket: (Object.hasOwn(sockets, name) && sockets[name]) || null,
    addedAt: row === undefined ? null : instantView(row.addedAt),
    lastSeenAt: row?.lastSeenAt ? instantView(row.lastSeenAt) : null,
    choices: choiceViews(config.current(), grants.list()).filter(({ client }) => client === name),
  }
}
