import { WarderError } from '../errors.ts'
import { applyPreset } from '../servers/presets/apply.ts'
import { describeProvider, pickProvider, providerBinding, secretOf } from '../servers/providers.ts'
import { destination, injections, pick, type Server, secretsOf } from '../servers/servers.ts'
import { clearSecret } from '../store/clear-secrets.ts'
import {
  isRemote,
  type ProviderProfile,
  type ServerDefinition,
  serverSchema,
} from '../store/config-schema.ts'
import { firstViolation } from '../store/violations.ts'
import type { ControlHouse } from './house.ts'
import { requireName } from './names.ts'

/** A server that somebody wants to add, judged, and all that comes with it. */
export interface NewServer {
  readonly server: Server
  /** As it goes into config.json. */
  readonly written: Readonly<Record<string, unknown>>
  /** A profile that comes with it; null where it needs none or names one that is there. */
  readonly provider: Profile | null
  /** That profile in words, for the person who is asked. */
  readonly providerLines: readonly string[]
}

interface Profile {
  readonly name: string
  readonly profile: ProviderProfile
}

interface Given {
  readonly name: string
  readonly definition: Readonly<Record<string, unknown>>
  readonly preset?: { readonly name: string; readonly tenant?: string | undefined } | undefined
}

/** @throws WarderError `usage.invalid`, `config.secret_in_clear`, `*.unknown` */
export function newServer({ name, definition, preset }: Given, house: ControlHouse): NewServer {
  const { providers } = house.config.current()
  requireName(name)
  const applied = preset && applyPreset(preset, { name, definition }, providers)
  const written = applied?.definition ?? definition
  const server = { name, definition: parseDefinition(written) }
  const made = applied && !applied.provider.known ? applied.provider : null
  const provider = made && { name: made.name, profile: made.profile }
  checkReferences(server, provider, house)
  return {
    server,
    written,
    provider,
    providerLines: provider === null ? [] : describeProvider(provider.name, provider.profile),
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

/** As {@link bindSecrets}, for the client secret of a profile. */
export async function bindProviderSecret(
  { name, profile }: Profile,
  { secrets }: Pick<ControlHouse, 'secrets'>,
): Promise<void> {
  const secret = secretOf(profile)
  if (secret !== null) await secrets.bind(secret, providerBinding(name, profile))
}

function parseDefinition(given: Readonly<Record<string, unknown>>): ServerDefinition {
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

function checkReferences(
  { definition }: Server,
  provider: Profile | null,
  { secrets, config }: ControlHouse,
): void {
  const { servers, providers } = config.current()
  if (isRemote(definition) && definition.provider !== undefined && provider === null)
    pickProvider(providers, definition.provider)
  const known = secrets.list().map((secret) => secret.name)
  const wanted = [secretOf(provider?.profile ?? { quirks: [] }) ?? [], secretsOf(definition)].flat()
  for (const name of wanted)
    if (!known.includes(name))
      throw new WarderError(
        'secret.unknown',
        `There is no secret ${name}; set it first with \`warder secret set ${name}\`.`,
      )
  for (const { from } of injections(definition))
    if (from.kind === 'grant') pick(servers, from.server)
  const exchanged = isRemote(definition) ? definition.oauth?.exchange : undefined
  if (exchanged !== undefined) pick(servers, exchanged.from)
}
