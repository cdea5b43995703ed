import type { PresetView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import type { Preflight } from '../oauth/seen-from-outside.ts'
import { presets } from '../servers/presets/presets.ts'
import { isRemote, serverSchema } from '../store/config-schema.ts'
import { firstViolation } from '../store/violations.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import type { Handlers } from './types.ts'
import { accountName, instantView } from './views.ts'

/** What helps a person who adds a server, or wonders about one; nothing here changes what is configured. */
export function serverHelpHandlers({
  grants,
  bridge,
  config,
  runtime,
  registry,
  runs,
}: ControlHouse): Handlers<
  | 'presets:list'
  | 'servers:look'
  | 'servers:tools'
  | 'servers:running'
  | 'servers:installing'
  | 'servers:cancel'
  | 'registry:read'
  | 'registry:bundle'
> {
  return {
    'registry:read': async ({ name, version }) => ({
      document: await registry.read(name, version),
    }),
    'registry:bundle': async ({ url, sha256 }) => ({ file: await registry.bundle(url, sha256) }),
    'presets:list': async () => presets.map(presetView),
    async 'servers:look'({ url, allowedNetworks }) {
      const definition = { url, ...(allowedNetworks === undefined ? {} : { allowedNetworks }) }
      const parsed = serverSchema.safeParse(definition)
      if (!parsed.success || !isRemote(parsed.data)) {
        const why = parsed.success ? 'not a remote server' : firstViolation(parsed.error).message
        throw new WarderError('usage.invalid', `That address is not valid: ${why}.`)
      }
      return preflightView(await grants.preflight(parsed.data))
    },
    async 'servers:tools'({ client }) {
      if (client !== undefined && !Object.hasOwn(config.current().clients, client))
        throw new WarderError('client.unknown', `There is no client ${client}.`)
      return bridge.tools(client ?? null).map(({ server, heardAt, tools }) => ({
        server,
        heardAt: heardAt === null ? null : instantView(heardAt),
        tools: [...tools],
      }))
    },
    async 'servers:installing'() {
      return runs.installing().map(({ since, ...rest }) => ({ ...rest, since: instantView(since) }))
    },
    async 'servers:cancel'({ name }) {
      knownServer(config, name)
      runs.giveUp(name)
      return {}
    },
    async 'servers:running'() {
      const names = new Map(grants.list().map((grant) => [grant.id, accountName(grant)]))
      return runtime.running().map(({ name, pid, holds }) => ({
        server: name,
        pid,
        accounts: holds.flatMap((id) => names.get(id) ?? []),
      }))
    },
  }
}

function presetView(preset: (typeof presets)[number]): PresetView {
  const { name, title, serverUrl, tenant, registration, notes } = preset
  return {
    name,
    title,
    url: serverUrl ?? null,
    tenant:
      tenant === undefined
        ? null
        : { what: tenant.what, example: tenant.example, usual: tenant.usual ?? null },
    registration,
    notes: [...notes],
  }
}

function preflightView({ asks, status, found, problem }: Preflight) {
  return {
    asks,
    status,
    found: found && {
      ...found,
      otherIssuers: [...found.otherIssuers],
      scopes: [...found.scopes],
    },
    problem: problem && { code: problem.code, message: problem.message },
  }
}
