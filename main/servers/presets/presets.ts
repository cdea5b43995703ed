import { WarderError } from '../../errors.ts'
import type { ProviderProfile } from '../../store/config-schema.ts'
import { atlassian } from './atlassian.ts'
import { auth0 } from './auth0.ts'
import { entra } from './entra.ts'
import { generic } from './generic.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { keycloak } from './keycloak.ts'
import { linear } from './linear.ts'
import { notion } from './notion.ts'
import { okta } from './okta.ts'
import type { Preset } from './preset.ts'
import { sentry } from './sentry.ts'
import { slack } from './slack.ts'

export type { Preset } from './preset.ts'

export const presets: readonly Preset[] = [
  github,
  google,
  entra,
  okta,
  auth0,
  atlassian,
  slack,
  notion,
  linear,
  sentry,
  gitlab,
  keycloak,
  generic,
]

/** @throws WarderError `preset.unknown` */
export function pickPreset(name: string): Preset {
  const preset = presets.find((one) => one.name === name)
  if (preset !== undefined) return preset
  const known = presets.map((one) => one.name).join(', ')
  throw new WarderError('preset.unknown', `There is no preset ${name}. There are: ${known}.`)
}

/** A preset with the tenant put in: what goes into `config.json`, where every exception can be read. */
export interface Filled {
  readonly serverUrl: string | undefined
  readonly profile: Partial<ProviderProfile>
}

/** @throws WarderError `usage.invalid` for a tenant that is missing, not one, or not asked for */
export function fill(preset: Preset, wanted: string | undefined): Filled {
  const tenant = tenantOf(preset, wanted)
  const put = (text: string) => text.replaceAll('{tenant}', tenant)
  const { serverUrl, profile } = preset
  return {
    serverUrl: serverUrl && put(serverUrl),
    profile: {
      preset: preset.name,
      ...profile,
      ...(profile.issuer === undefined ? {} : { issuer: put(profile.issuer) }),
    },
  }
}

function tenantOf({ name, tenant }: Preset, wanted: string | undefined): string {
  if (tenant === undefined) {
    if (wanted === undefined) return ''
    throw new WarderError('usage.invalid', `The preset ${name} has no tenants to name.`)
  }
  const named = wanted ?? tenant.usual
  if (named !== undefined && tenant.pattern.test(named)) return named
  throw new WarderError(
    'usage.invalid',
    `Name ${tenant.what} with --tenant, such as ${tenant.example}.`,
  )
}
