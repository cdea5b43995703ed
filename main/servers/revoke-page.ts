import type { Config } from '../store/config-schema.ts'
import { presets } from './presets/presets.ts'

/**
 * Where a person takes the access of a grant back with a browser alone, on any machine: what its profile says, else what is
 * publicly known of the provider. Null: nobody knows a page.
 */
export function revokePage(
  grant: { readonly server: string; readonly issuer: string; readonly resource: string },
  { servers, providers }: Pick<Config, 'servers' | 'providers'>,
): string | null {
  const definition = Object.hasOwn(servers, grant.server) ? servers[grant.server] : undefined
  const name =
    definition !== undefined && 'provider' in definition ? definition.provider : undefined
  const profile = name !== undefined && Object.hasOwn(providers, name) ? providers[name] : undefined
  if (profile?.revokePage !== undefined) return profile.revokePage
  const known = presets.find(
    (preset) =>
      preset.profile.issuer === grant.issuer ||
      (preset.serverUrl !== undefined && origin(preset.serverUrl) === origin(grant.resource)),
  )
  return known?.profile.revokePage ?? known?.connectionsPage ?? null
}

/** Of a URL that is none, itself: it equals nothing else. */
const origin = (url: string) => URL.parse(url)?.origin ?? url
