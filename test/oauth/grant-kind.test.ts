import { expect, it } from 'vitest'
import { unusedBecause } from '../../main/oauth/grant-kind.ts'
import { type Config, remoteServerSchema } from '../../main/store/config-schema.ts'
import { allow, openHouse } from './support/house.ts'
import { startScriptedProvider } from './support/scripted-provider.ts'

/** A definition that changes from a person's sign-in to a service and back, while accounts of both kinds exist. */

async function stage() {
  const provider = await startScriptedProvider()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
    }),
  }))
  const definitions = {
    oauth: remoteServerSchema.parse({ url: provider.serverUrl }),
    service: remoteServerSchema.parse({
      url: provider.serverUrl,
      auth: 'service',
      oauth: { clientId: 'warder', clientSecret: 'secret:notes', issuer: provider.origin },
    }),
    exchange: remoteServerSchema.parse({
      url: provider.serverUrl,
      oauth: { exchange: { from: 'notes' } },
    }),
  }
  let servers: Config['servers'] = { notes: definitions.oauth }
  const house = await openHouse({ choices: () => ({ servers, clients: {} }) })
  return {
    provider,
    house,
    definitions,
    servers: () => servers,
    become: (auth: 'oauth' | 'service', more: object = {}) => {
      servers = { ...servers, notes: { ...definitions[auth], ...more } }
    },
    add: (more: Config['servers']) => {
      servers = { ...servers, ...more }
    },
    /** A person whom the provider does not name, called as Warder is at the provider. */
    signIn: async () =>
      allow(
        await house.grants.connect(
          { name: 'notes', definition: definitions.oauth },
          { account: 'warder' },
        ),
      ),
    obtain: () => house.grants.obtain({ name: 'notes', definition: definitions.service }),
    kindOfToken: async () => (await house.grants.accessToken('notes')).grant.kind,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

it('the kind of the definition decides, whichever was connected first and however they are called', async () => {
  await using at = await stage()
  const person = await at.signIn()
  at.become('service')
  await expect(at.house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  const service = await at.obtain()
  expect([person.account, service.account]).toEqual(['warder', 'warder#2'])
  expect((await at.obtain()).id).toBe(service.id)
  expect(await at.kindOfToken()).toBe('service')
  at.become('oauth')
  expect(await at.kindOfToken()).toBe('person')
  expect((await at.signIn()).account).toBe('warder')
  expect(at.house.grants.list().map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['person', 'service']),
  )
})

it('a sign-in does not take the place of a service of the same name', async () => {
  await using at = await stage()
  at.become('service')
  const service = await at.obtain()
  at.become('oauth')
  await expect(at.house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  const person = await at.signIn()
  expect([service.account, person.account]).toEqual(['warder', 'warder#2'])
  expect(at.house.events).not.toContain('revoked notes/warder')
  expect(await at.kindOfToken()).toBe('person')
})

it('an account that was chosen by name is not used where it is of the other kind', async () => {
  await using at = await stage()
  await at.signIn()
  at.become('service', { account: 'warder' })
  const service = await at.obtain()
  await expect(at.house.grants.accessToken('notes')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  at.become('service', { account: service.account })
  expect(await at.kindOfToken()).toBe('service')
})

it('the other account says that it is not used, and is revoked by its name', async () => {
  await using at = await stage()
  const person = await at.signIn()
  expect(unusedBecause(at.servers(), person)).toBeNull()
  at.become('service')
  const service = await at.obtain()
  expect(unusedBecause(at.servers(), service)).toBeNull()
  expect(unusedBecause(at.servers(), person)).toBe(
    'It is not used: a person signed in, and the definition of notes now asks for something else. `warder revoke notes/warder` ends it.',
  )
  const { id } = at.house.grants.find('notes/warder')
  expect(id).toBe(person.id)
  await at.house.grants.revoke(id, 'by the test')
  expect(await at.kindOfToken()).toBe('service')
})

it('nothing is exchanged for the token of a person where the definition now names a service', async () => {
  await using at = await stage()
  await using other = await startScriptedProvider()
  const files = {
    name: 'files',
    definition: remoteServerSchema.parse({
      url: other.serverUrl,
      oauth: { exchange: { from: 'notes' } },
    }),
  }
  other.answers.set('/.well-known/oauth-protected-resource/mcp', () => ({
    body: other.resourceMetadata({ authorization_servers: [at.provider.origin] }),
  }))
  at.add({ files: files.definition })
  await at.signIn()
  const plain = at.provider.answers.get('/token')
  at.provider.answers.set('/token', async (one) => {
    const { body, ...reply } = (await plain?.(one)) ?? {}
    const type = 'urn:ietf:params:oauth:token-type:access_token'
    return { ...reply, body: { ...(body as object), issued_token_type: type } }
  })
  await at.house.grants.obtain(files)
  at.become('service')
  await at.house.restart()
  const asked = at.provider.to('/token').length
  await expect(at.house.grants.accessToken('files')).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  await expect(at.house.grants.obtain(files)).rejects.toMatchObject({
    code: 'grant.sign_in_needed',
  })
  expect(at.provider.to('/token')).toHaveLength(asked)
})
