import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ApprovalView, SecretView } from '../../preload/contract/index.ts'
import { refusal, startWorld, type World } from './world.ts'

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const preset = { name: 'entra', tenant }
const url = 'https://mcp.corp.example/mcp'
const oauth = { clientId: 'app', clientSecret: 'secret:corp' }

const file = (world: World) =>
  JSON.parse(readFileSync(path.join(world.home, 'config.json'), 'utf8'))
const secrets = async (world: World) =>
  ((await world.call('secrets:list', {})) as SecretView[]).map(({ name, server }) => [name, server])

describe('a server added by a preset', () => {
  it('is shown with every exception first, and written down with them', async () => {
    await using world = await startWorld()
    await world.call('secrets:set', { name: 'corp', value: 'hunter2' })
    const wanted = { name: 'wiki', definition: { url, oauth }, preset }
    const asked = await refusal(world.call('servers:add', wanted), 'presence.required')
    const { lines } = asked.details as { lines: string[] }
    for (const word of ['no-pkce-metadata', 'no-resource-parameter', tenant, 'the secret corp'])
      expect(lines.join('\n')).toContain(word)
    expect(file(world).servers).toBeUndefined()
    await world.agree('servers:add', wanted)
    expect(file(world)).toMatchObject({
      servers: { wiki: { url, provider: 'entra' } },
      providers: {
        entra: {
          issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
          quirks: ['no-pkce-metadata', 'no-resource-parameter', 'tenant-must-be-named'],
          ...oauth,
        },
      },
    })
    expect(await secrets(world)).toEqual([['corp', 'provider:entra']])
    expect(await world.call('approvals:list', {})).toEqual([])
  })

  it('shares its profile and secret with the next, which a new value does not part', async () => {
    await using world = await startWorld()
    await world.call('secrets:set', { name: 'corp', value: 'hunter2' })
    await world.agree('servers:add', { name: 'wiki', definition: { url, oauth }, preset })
    const other = { name: 'tickets', definition: { url: 'https://mcp.corp.example/2' }, preset }
    await world.agree('servers:add', other)
    expect(Object.keys(file(world).providers)).toEqual(['entra'])
    await world.call('secrets:set', { name: 'corp', value: 'hunter3' })
    expect(await secrets(world)).toEqual([['corp', 'provider:entra']])
    await refusal(world.call('secrets:remove', { name: 'corp' }), 'secret.in_use')
  })

  it.each([
    ['preset.unknown', { preset: { name: 'nope' } }],
    ['usage.invalid', { preset: { name: 'entra', tenant: 'common' } }],
    ['usage.invalid', { preset: { name: 'entra' } }],
    ['secret.unknown', { preset }],
    ['provider.unknown', { definition: { url, provider: 'nope' } }],
  ] as const)('is refused with %s', async (code, given) => {
    await using world = await startWorld()
    const wanted = { name: 'x', definition: { url, oauth }, ...given }
    await refusal(world.call('servers:add', wanted), code)
  })
})

describe('a profile in config.json', () => {
  const profile = { issuer: 'https://id.example', ...oauth, quirks: ['no-pkce-metadata'] }

  async function held(world: World): Promise<ApprovalView[]> {
    await world.call('secrets:set', { name: 'corp', value: 'hunter2' })
    const text = JSON.stringify({
      providers: { idp: profile },
      servers: { a: { url, provider: 'idp' } },
    })
    const changed = new Promise<void>((resolve) => {
      const off = world.companion.control.on('state:changed', () => {
        off()
        resolve()
      })
    })
    writeFileSync(path.join(world.home, 'config.json'), text)
    await changed
    return (await world.call('approvals:list', {})) as ApprovalView[]
  }

  it('waits for a person, who gives it its secret', async () => {
    await using world = await startWorld()
    const waiting = await held(world)
    expect(waiting.map(({ kind }) => kind)).toEqual(['provider', 'server'])
    expect(await secrets(world)).toEqual([['corp', null]])
    for (const { id } of waiting) await world.agree('approvals:decide', { id, approve: true })
    expect(await secrets(world)).toEqual([['corp', 'provider:idp']])
    expect(await world.call('approvals:list', {})).toEqual([])
  })

  it('goes out of the file again where a person says no', async () => {
    await using world = await startWorld()
    for (const { id } of await held(world))
      await world.call('approvals:decide', { id, approve: false })
    expect(file(world)).toEqual({ providers: {}, servers: {} })
    expect(await secrets(world)).toEqual([['corp', null]])
  })
})

describe('the client ID metadata document', () => {
  it('is made for the URL of the settings', async () => {
    await using world = await startWorld()
    await refusal(world.call('cimd:get', {}), 'cimd.not_configured')
    const changed = new Promise<void>((resolve) => {
      world.companion.control.on('state:changed', () => resolve())
    })
    const settings = { clientMetadataUrl: 'https://ann.example/warder.json' }
    writeFileSync(path.join(world.home, 'config.json'), JSON.stringify({ settings }))
    await changed
    expect(await world.call('cimd:get', {})).toMatchObject({
      client_id: settings.clientMetadataUrl,
    })
  })
})
