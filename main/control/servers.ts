import type { Output, ServerView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { widens } from '../policy/trust.ts'
import {
  describe,
  destination,
  injections,
  pick,
  type Server,
  secretsOf,
} from '../servers/servers.ts'
import { clearSecret } from '../store/clear-secrets.ts'
import {
  isRemote,
  nameSchema,
  type ServerDefinition,
  serverSchema,
} from '../store/config-schema.ts'
import { firstViolation } from '../store/violations.ts'
import { revokeAll } from './accounts.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'
import { accountName } from './views.ts'

export function serverHandlers(
  house: ControlHouse,
): Handlers<'servers:list' | 'servers:add' | 'servers:remove' | 'servers:test'> {
  const { config, bridge, presence } = house
  return {
    async 'servers:list'() {
      const known = Object.entries(config.current().servers).map(([name, definition]) =>
        serverView({ name, definition }, house),
      )
      return [...known, ...heldServers(house)].sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async 'servers:add'({ name, definition: given, confirm: answer }) {
      const server = { name: parseName(name), definition: parseDefinition(given) }
      if (Object.hasOwn(config.current().servers, name))
        throw new WarderError('server.exists', `There is a server ${name} already.`)
      checkReferences(server, house)
      const problem = config.problem()
      // Nothing is bound to a server that a broken file could not take in.
      if (problem !== null) throw new WarderError('config.invalid', problem)
      if (widens(undefined, server.definition))
        await confirm(
          presence,
          { kind: 'server.add', title: `Add the server ${name}`, lines: describe(server) },
          answer,
        )
      await bindSecrets(server, house)
      await config.edit(
        (current) => ({ ...current, servers: { ...current.servers, [name]: server.definition } }),
        (file) => file.set(['servers', name], given),
      )
      return serverView(server, house)
    },
    async 'servers:remove'({ name }) {
      pick({ ...config.proposedServers(), ...config.current().servers }, name)
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
      return receipts
    },
    async 'servers:test'({ name }) {
      const started = performance.now()
      const result = await bridge.test(name)
      return {
        ...result,
        tools: [...result.tools],
        latencyMs: Math.round(performance.now() - started),
      }
    },
  }
}

/** Ties the secrets that a definition refers to to where it sends them; a person has agreed to that. */
export async function bindSecrets(
  server: Server,
  { secrets }: Pick<ControlHouse, 'secrets'>,
): Promise<void> {
  for (const name of secretsOf(server.definition))
    await secrets.bind(name, { server: server.name, destination: destination(server.definition) })
}

function parseName(name: string): string {
  if (nameSchema.safeParse(name).success) return name
  throw new WarderError(
    'usage.invalid',
    'A name is 1 to 32 lower-case letters, digits and hyphens.',
  )
}

function parseDefinition(given: Record<string, unknown>): ServerDefinition {
  const parsed = serverSchema.safeParse(given)
  if (!parsed.success) {
    const { path, message } = firstViolation(parsed.error)
    throw new WarderError(
      'usage.invalid',
      `The definition is not valid: ${path.join('.') || 'it'}: ${message}.`,
    )
  }
  // Before anybody is asked and any secret is bound: config.json would refuse it.
  const clear = clearSecret(parsed.data)
  if (clear === null) return parsed.data
  throw new WarderError(
    'config.secret_in_clear',
    `The definition is not valid: ${clear.what} looks like a credential in clear text.`,
  )
}

function checkReferences({ definition }: Server, { secrets, config }: ControlHouse): void {
  const known = secrets.list().map((secret) => secret.name)
  for (const name of secretsOf(definition))
    if (!known.includes(name))
      throw new WarderError(
        'secret.unknown',
        `There is no secret ${name}; set it first with \`warder secret set ${name}\`.`,
      )
  for (const { from } of injections(definition))
    if (from.kind === 'grant') pick(config.current().servers, from.server)
}

export function serverView({ name, definition }: Server, house: ControlHouse): ServerView {
  const accounts = house.grants
    .list()
    .filter((grant) => grant.server === name && grant.state !== 'revoking')
  const signedIn = accounts.some((grant) => grant.state === 'connected')
  const oauth = isRemote(definition) && definition.auth === 'oauth'
  return {
    name,
    kind: isRemote(definition) ? 'remote' : 'local',
    auth: isRemote(definition) ? definition.auth : 'environment',
    url: isRemote(definition) ? definition.url : null,
    command: isRemote(definition) ? null : [definition.command, ...definition.args],
    injects: injections(definition).map(({ name: slot, from }) => ({
      name: slot,
      from: from.kind === 'secret' ? `secret:${from.name}` : `grant:${from.server}`,
    })),
    accounts: accounts.map(accountName),
    state: oauth && !signedIn ? 'sign-in-needed' : 'ready',
    message: oauth && !signedIn ? `Sign in with \`warder connect ${name}\`.` : null,
  }
}

function heldServers(house: ControlHouse): Output<'servers:list'> {
  const { config } = house
  const proposed = config.proposedServers()
  return Object.entries(proposed)
    .filter(([name]) => !Object.hasOwn(config.current().servers, name))
    .map(([name, definition]) => ({
      ...serverView({ name, definition }, house),
      state: 'held' as const,
      message: 'Waits for your approval: `warder approvals`.',
    }))
}
