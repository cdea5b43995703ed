import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { type Script, startScriptedProvider } from '../support/scripted-provider.ts'

/** A document has 256 kB, 32 levels, 4 redirects, 5 issuers and 100 scopes: a hostile one costs no more than that. */

const provided = '/.well-known/oauth-authorization-server'
const resource = '/.well-known/oauth-protected-resource/mcp'

/** Changes one document of an honest provider. @returns the error of the sign-in */
async function connecting(
  path: string,
  change: (document: Record<string, unknown>, request: Parameters<Script>[0]) => ReturnType<Script>,
) {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const document = path === provided ? provider.metadata() : provider.resourceMetadata()
  for (let hop = 0; hop < 6; hop++)
    provider.answers.set(hop === 0 ? path : `/hop-${hop}`, (request) => change(document, request))
  const refused = await house.grants
    .connect(serverAt(provider.serverUrl))
    .then((signIn) => signIn.cancel())
    .catch((error: unknown) => error)
  expect(house.opened).toEqual([])
  return refused
}

const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index))

it.each<[string, string, object, string]>([
  ['more than 256 kB', provided, { x: 'x'.repeat(256 * 1024) }, 'net.too_large'],
  ['more than 32 levels', provided, { x: nested(32) }, 'net.too_large'],
  ['more than 256 kB', resource, { x: 'x'.repeat(256 * 1024) }, 'net.too_large'],
  [
    'more than 5 issuers',
    resource,
    { authorization_servers: many(6, (n) => `https://as${n}.example`) },
    'oauth.metadata_invalid',
  ],
  [
    'more than 100 scopes',
    resource,
    { scopes_supported: many(101, (n) => `s${n}`) },
    'oauth.metadata_invalid',
  ],
])('one with %s is refused at %s', async (_what, path, changes, code) => {
  const refused = await connecting(path, (document) => ({ body: { ...document, ...changes } }))
  expect(refused).toMatchObject({ code })
})

it('one that lies as deep as that is taken', async () => {
  const taken = await connecting(provided, (document) => ({
    body: { ...document, x: nested(31) },
  }))
  expect(taken).toBeUndefined()
})

it.each([
  [4, undefined],
  [5, 'net.url_refused'],
])('one after %d redirects: %s', async (hops, code) => {
  const outcome = await connecting(provided, (document, { path }) => {
    const hop = path === provided ? 0 : Number(path.slice('/hop-'.length))
    if (hop === hops) return { body: document }
    return { status: 302, headers: { location: `/hop-${hop + 1}` } }
  })
  expect(outcome).toEqual(code === undefined ? undefined : expect.objectContaining({ code }))
})
