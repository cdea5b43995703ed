import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { applyPreset } from '../../main/servers/presets/apply.ts'
import { fill, pickPreset, presets } from '../../main/servers/presets/presets.ts'
import { providerSchema, remoteServerSchema } from '../../main/store/config-schema.ts'
import { quirkNames } from '../../main/store/quirks.ts'
import { providersDocument, providersPage } from '../../scripts/providers-doc.ts'

describe.each(presets)('the preset $name', (preset) => {
  const { serverUrl, profile } = fill(preset, preset.tenant?.example)

  it('is data that config.json takes, with every tenant filled in', () => {
    expect(providerSchema.safeParse(profile).error?.issues ?? []).toEqual([])
    const definition = { url: serverUrl ?? 'https://mcp.example/mcp', provider: preset.name }
    expect(remoteServerSchema.safeParse(definition).success).toBe(true)
    expect(`${serverUrl} ${profile.issuer}`).not.toMatch(/[{}]/)
  })

  it('names its sources, and takes everything over https', () => {
    for (const url of [...preset.sources, serverUrl, profile.issuer, profile.revokePage])
      expect(url ?? 'https://x.example').toMatch(/^https:\/\/[^/]+/)
    expect(preset.sources.length > 0).toBe(preset.name !== 'generic')
  })

  it('takes no tenant that could lead elsewhere', () => {
    for (const tenant of ['', 'x', 'evil.example/', 'a@evil.example', 'evil.example#', '../..'])
      expect(() => fill(preset, tenant)).toThrow(
        expect.objectContaining({ code: 'usage.invalid' }) as Error,
      )
    const needed = preset.tenant !== undefined && preset.tenant.usual === undefined
    if (needed) expect(() => fill(preset, undefined)).toThrow('--tenant')
    else expect(fill(preset, undefined).profile.preset).toBe(preset.name)
  })
})

describe('the presets', () => {
  it('are known by one name each, and others are not there', () => {
    expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length)
    expect(presets.map(({ name }) => name)).toEqual(
      'github google entra okta auth0 atlassian slack notion linear sentry gitlab keycloak generic'.split(
        ' ',
      ),
    )
    expect(() => pickPreset('toString')).toThrow('There is no preset toString.')
  })

  it('make an exception only where they name it', () => {
    const made = presets.flatMap(({ name, profile }) =>
      (profile.quirks ?? []).map((quirk) => `${name} ${quirk}`),
    )
    expect(made).toEqual([
      'github no-refresh-token',
      'google offline-access-parameters',
      'entra no-pkce-metadata',
      'entra no-resource-parameter',
      'entra tenant-must-be-named',
      'auth0 audience-parameter',
      'slack fixed-redirect-uri',
    ])
  })

  it('stand in docs/providers.md with every quirk (else run `node scripts/providers-doc.ts`)', () => {
    const page = readFileSync(providersPage, 'utf8')
    expect(page).toBe(providersDocument())
    for (const quirk of quirkNames) expect(page).toContain(`\`${quirk}\``)
  })
})

describe('a server added by a preset', () => {
  const entra = { name: 'entra', tenant: '72f988bf-86f1-41af-91ab-2d7cd011db47' }
  const url = 'https://mcp.corp.example/mcp'
  const oauth = { clientId: 'app', clientSecret: 'secret:corp' }
  const issuer = `https://login.microsoftonline.com/${entra.tenant}/v2.0`

  it('has its vendor’s URL, or the one that is given, and its profile', () => {
    const notion = { name: 'notes', definition: { auth: 'oauth' } }
    expect(applyPreset({ name: 'notion' }, notion, {})).toEqual({
      definition: { url: 'https://mcp.notion.com/mcp', auth: 'oauth', provider: 'notion' },
      provider: { name: 'notion', known: false, profile: { preset: 'notion', quirks: [] } },
    })
    const own = { name: 'notes', definition: { url } }
    expect(applyPreset({ name: 'notion' }, own, {}).definition.url).toBe(url)
    expect(() => applyPreset(entra, { name: 'x', definition: {} }, {})).toThrow('--url')
  })

  it('gives its client to the profile, which the next server shares', () => {
    const first = applyPreset(entra, { name: 'a', definition: { url, oauth } }, {})
    expect(first.definition).toEqual({ url, provider: 'entra' })
    expect(first.provider.profile).toMatchObject({ issuer, ...oauth })
    const there = { entra: first.provider.profile }
    const second = applyPreset(entra, { name: 'b', definition: { url: `${url}/2` } }, there)
    expect(second.provider).toEqual({ ...first.provider, known: true })
  })

  it('keeps its client where the provider is only found at the sign-in', () => {
    const slack = applyPreset({ name: 'slack' }, { name: 'a', definition: { oauth } }, {})
    expect(slack.definition).toMatchObject({ provider: 'slack', oauth })
    expect(slack.provider.profile).not.toHaveProperty('clientId')
  })

  it('gets a profile of its own name for another tenant, and none in place of another', () => {
    const other = { ...entra, tenant: '00000000-0000-0000-0000-000000000001' }
    const there = {
      entra: applyPreset(entra, { name: 'a', definition: { url } }, {}).provider.profile,
    }
    const second = applyPreset(other, { name: 'b', definition: { url } }, there)
    expect(second.provider).toMatchObject({ name: 'b', known: false })
    const taken = { ...there, b: { quirks: [] } }
    expect(() => applyPreset(other, { name: 'b', definition: { url } }, taken)).toThrow(
      'There are other provider profiles named entra and b.',
    )
  })
})
