import { describe, expect, it } from 'vitest'
import { clientDocument, clientDocumentProblem } from '../../../main/oauth/client-document.ts'
import { documentRedirectUri } from '../../../main/oauth/redirect-uri.ts'
import { allow, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

const url = 'https://ann.example/warder/client.json'

describe('the client ID metadata document', () => {
  it('says who we are, holds no secret, and is small', () => {
    const document = clientDocument(url)
    expect(document).toEqual({
      client_id: url,
      client_name: 'Warder',
      redirect_uris: [documentRedirectUri],
      grant_types: [
        'authorization_code',
        'urn:ietf:params:oauth:grant-type:device_code',
        'refresh_token',
      ],
      response_types: ['code'],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
    })
    expect(Buffer.byteLength(JSON.stringify(document, null, 2))).toBeLessThan(5000)
  })

  it('names the redirect URI that a sign-in with it really uses', async () => {
    await using provider = await startScriptedProvider()
    await using house = await openHouse({ settings: () => ({ clientMetadataUrl: url }) })
    provider.answers.set('/.well-known/oauth-authorization-server', () => ({
      body: provider.metadata({ client_id_metadata_document_supported: true }),
    }))
    const signIn = await house.grants.connect(serverAt(provider.serverUrl))
    const asked = new URL(signIn.url).searchParams
    expect(asked.get('client_id')).toBe(url)
    expect([asked.get('redirect_uri')]).toEqual(clientDocument(url).redirect_uris)
    await allow(signIn)
  })

  it.each([
    ['http://ann.example/client.json'],
    ['https://ann.example/'],
    ['https://ann.example/client.json?v=1'],
    ['https://ann.example/client.json#x'],
    ['https://ann@ann.example/client.json'],
    ['https://ann.example/../client.json'],
    ['https://169.254.169.254/client.json'],
  ])('is not made for %s, which no provider would take', (bad) => {
    expect(() => clientDocument(bad)).toThrow(
      expect.objectContaining({ code: 'cimd.unusable' }) as Error,
    )
  })

  it.each([
    ['another URL', { client_id: `${url}/` }, 'its client_id is not the URL that it lies at'],
    ['a secret', { client_secret: 's' }, 'it holds a secret'],
    ['the end of a secret', { client_secret_expires_at: 0 }, 'it holds a secret'],
    ['a method with a secret', { token_endpoint_auth_method: 'client_secret_post' }, 'auth_method'],
    ['no method, which means basic', { token_endpoint_auth_method: undefined }, 'auth_method'],
    ['no redirect URI', { redirect_uris: [] }, 'redirect_uris'],
    ['a redirect URI elsewhere', { redirect_uris: ['https://evil.example/cb'] }, 'listen on'],
    ['another kind of application', { application_type: 'web' }, 'application_type'],
    ['too much', { client_uri: 'x'.repeat(6000) }, 'larger than 5 kB'],
  ])('is refused with %s', (_what, changes, why) => {
    const document = { ...clientDocument(url), ...changes }
    expect(clientDocumentProblem(document, url)).toContain(why)
  })
})
