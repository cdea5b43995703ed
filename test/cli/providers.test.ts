import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { clientDocument } from '../../main/oauth/client-document.ts'
import { presets } from '../../main/servers/presets/presets.ts'
import { startStandIn } from './stand-in.ts'
import { accountSample } from './views.ts'
import { document, warder } from './warder.ts'

describe('warder server presets', () => {
  it('lists what is known, without a companion', async () => {
    const json = await warder(['server', 'presets', '--json', '--home', '/nonexistent'])
    expect(json).toMatchObject({ code: 0, stderr: '' })
    expect(document(json)).toMatchObject(presets.map(({ name, title }) => ({ name, title })))
    const { stdout } = await warder(['server', 'presets', '--home', '/nonexistent'])
    expect(stdout).toContain('notion  Notion\n  server   https://mcp.notion.com/mcp\n')
    expect(stdout).toContain('quirks   no-pkce-metadata no-resource-parameter tenant-must-be-named')
    expect(stdout).toContain('the host of the instance (else gitlab.com)')
  })
})

describe('warder cimd', () => {
  const published = clientDocument('https://ann.example/warder.json')

  it('prints the document as it has to be published, the same with --json', async () => {
    await using companion = await startStandIn({ 'cimd:get': () => published })
    const text = await warder(['cimd', '--home', companion.home])
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(text.stdout)).toEqual(published)
    expect(document(await warder(['cimd', '--json', '--home', companion.home]))).toEqual(published)
  })

  it('says how to name the place where nobody has', async () => {
    await using companion = await startStandIn({
      'cimd:get': () => {
        throw new WarderError('cimd.not_configured', 'Set `settings.clientMetadataUrl`.')
      },
    })
    const failed = await warder(['cimd', '--home', companion.home])
    expect(failed.code).toBe(1)
    expect(failed.stderr).toContain('settings.clientMetadataUrl')
  })
})

it('warder accounts shows what an account was signed in under', async () => {
  const quirks = ['no-pkce-metadata', 'no-resource-parameter']
  await using companion = await startStandIn({
    'accounts:list': () => [{ ...accountSample, quirks }],
  })
  const { stdout } = await warder(['accounts', '--home', companion.home])
  expect(stdout).toContain('no-pkce-metadata no-resource-parameter')
})
