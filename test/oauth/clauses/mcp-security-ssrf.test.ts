import { expect, it } from 'vitest'
import { type Answers, startStage } from '../../net/stage.ts'
import { openHouse, serverAt } from '../support/house.ts'

/** MCP Security Best Practices, SSRF: no document of a server on the internet leads Warder inside. */

const server = 'https://mcp.vendor.example'
const issuer = 'https://auth.vendor.example'

/** A server on the painted internet whose documents say what the test wants. */
async function connecting(
  changes: { resource?: object; metadata?: object; redirect?: string },
  dns: Readonly<Record<string, Answers>> = {},
) {
  await using stage = await startStage(dns, (request, response) => {
    const json = (body: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/mcp') return response.writeHead(401).end()
    if (request.url?.includes('oauth-protected-resource')) {
      const resource = { resource: `${server}/mcp`, authorization_servers: [issuer] }
      return json({ ...resource, ...changes.resource })
    }
    if (changes.redirect !== undefined)
      return response.writeHead(302, { location: changes.redirect }).end()
    return json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/register`,
      code_challenge_methods_supported: ['S256'],
      ...changes.metadata,
    })
  })
  await using house = await openHouse({ fetch: stage.dialer.fetch })
  const outcome = await house.grants
    .connect(serverAt(`${server}/mcp`))
    .then((signIn) => signIn.cancel())
    .catch((error: unknown) => error)
  return { outcome, dialled: new Set(stage.dialled) }
}

const somewhere = new Set(['93.184.216.34'])

it.each([
  ['a cloud’s metadata service', { metadata: { token_endpoint: 'http://169.254.169.254/x' } }],
  ['a private network', { metadata: { registration_endpoint: 'https://10.0.0.1/register' } }],
  ['this machine', { resource: { authorization_servers: ['https://127.0.0.1:8443'] } }],
  ['this machine, spelled otherwise', { metadata: { token_endpoint: 'https://2130706433/x' } }],
  ['cleartext', { metadata: { token_endpoint: 'http://auth.vendor.example/token' } }],
  ['a redirect inside', { redirect: 'https://10.0.0.1/x' }],
])('is refused: %s', async (_what, changes) => {
  const { outcome, dialled } = await connecting(changes)
  expect(outcome).toMatchObject({ code: 'net.url_refused' })
  expect(dialled).toEqual(somewhere)
})

it.each([
  ['this machine', ['127.0.0.1']],
  ['a private network', ['192.168.1.1']],
  ['among others a private network', ['93.184.216.34', '10.0.0.1']],
])('is not dialled by a public name that leads to %s', async (_what, addresses) => {
  const { outcome, dialled } = await connecting({}, { 'auth.vendor.example': addresses })
  expect(outcome).toMatchObject({ code: 'net.address_refused' })
  expect(dialled).toEqual(somewhere)
})
