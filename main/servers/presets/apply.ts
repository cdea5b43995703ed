import { WarderError } from '../../errors.ts'
import { type ProviderProfile, providerSchema } from '../../store/config-schema.ts'
import { firstViolation } from '../../store/violations.ts'
import { fill, pickPreset } from './presets.ts'

/** A server that is to be added, in the form of config.json but not checked against it yet. */
export interface Wanted {
  readonly name: string
  readonly definition: Readonly<Record<string, unknown>>
}

/** What a preset makes of it: the definition, and the profile that it names. */
export interface Applied {
  readonly definition: Readonly<Record<string, unknown>>
  readonly provider: {
    readonly name: string
    readonly profile: ProviderProfile
    /** It is in config.json already: several servers of one provider share it. */
    readonly known: boolean
  }
}

/**
 * @throws WarderError `preset.unknown`; `usage.invalid` where the tenant or the URL is missing, the client does not fit,
 *   or both names that the profile could have are taken
 */
export function applyPreset(
  { name: presetName, tenant }: { readonly name: string; readonly tenant?: string | undefined },
  { name, definition }: Wanted,
  providers: Readonly<Record<string, ProviderProfile>>,
): Applied {
  const filled = fill(pickPreset(presetName), tenant)
  const { oauth, url = filled.serverUrl, ...rest } = definition
  if (url === undefined)
    throw new WarderError(
      'usage.invalid',
      `The preset ${presetName} knows no MCP server: give its URL with --url.`,
    )
  // A client belongs to its provider. Where that is only found at the sign-in, the client stays with the server.
  const shared = filled.profile.issuer !== undefined
  const profile = parseProfile({ ...filled.profile, ...(shared && isObject(oauth) ? oauth : {}) })
  const provider = placeFor(profile, [presetName, name], providers)
  const own = shared || oauth === undefined ? {} : { oauth }
  return { definition: { url, ...rest, provider: provider.name, ...own }, provider }
}

function parseProfile(given: Record<string, unknown>): ProviderProfile {
  const parsed = providerSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const { path, message } = firstViolation(parsed.error)
  throw new WarderError(
    'usage.invalid',
    `The provider profile is not valid: ${path.join('.') || 'it'}: ${message}.`,
  )
}

function placeFor(
  profile: ProviderProfile,
  names: readonly string[],
  providers: Readonly<Record<string, ProviderProfile>>,
): Applied['provider'] {
  for (const name of names) {
    const there = Object.hasOwn(providers, name) ? providers[name] : undefined
    if (there === undefined) return { name, profile, known: false }
    if (covers(there, profile)) return { name, profile: there, known: true }
  }
  throw new WarderError(
    'usage.invalid',
    `There are other provider profiles named ${names.join(' and ')}.`,
  )
}

/** All that is wanted is there; a client that the person wrote into it is no difference. */
function covers(there: ProviderProfile, wanted: ProviderProfile): boolean {
  const members = Object.entries(there)
  return Object.entries(wanted).every(([name, value]) =>
    members.some(
      ([other, known]) => other === name && JSON.stringify(known) === JSON.stringify(value),
    ),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
