import { presets } from '../servers/presets/presets.ts'
import type { Line } from './output.ts'

/** The presets as `--json` shows them. */
export function presetViews() {
  return presets.map(
    ({ name, title, serverUrl, tenant, profile, registration, notes, sources }) => ({
      name,
      title,
      url: serverUrl ?? null,
      tenant: tenant === undefined ? null : { what: tenant.what, usual: tenant.usual ?? null },
      issuer: profile.issuer ?? null,
      quirks: profile.quirks ?? [],
      revokePage: profile.revokePage ?? null,
      registration,
      notes,
      sources,
    }),
  )
}

export function presetLines(views: ReturnType<typeof presetViews>): Line[] {
  return views.flatMap(({ name, title, url, tenant, issuer, quirks, registration, notes }) => [
    [{ text: name, style: 'bold' }, `  ${title}`] satisfies Line,
    `  server   ${url ?? 'yours: --url URL'}`,
    ...(issuer === null ? [] : [`  issuer   ${issuer}`]),
    ...(tenant === null
      ? []
      : [`  tenant   ${tenant.what}${tenant.usual === null ? '' : ` (else ${tenant.usual})`}`]),
    `  client   ${registration === 'automatic' ? 'registers itself' : 'registered by you: --client-id ID'}`,
    ...(quirks.length === 0 ? [] : [`  quirks   ${quirks.join(' ')}`]),
    ...notes.map((note) => `  ${note}`),
  ])
}
