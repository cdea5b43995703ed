import { expect, it } from 'vitest'
import { createInjector } from '../../../main/bridge/credentials.ts'
import { destination } from '../../../main/servers/servers.ts'
import { type ServerDefinition, serverSchema } from '../../../main/store/config-schema.ts'
import { createKnownSecrets } from '../../../main/vault/known-secrets.ts'
import { createMemoryStore } from '../../../main/vault/memory.ts'
import { createNamedSecrets } from '../../../main/vault/secrets.ts'
import { warderHome } from '../../vault/keychain-setup.ts'

/** A static secret is bound, when it is entered, to an origin or to the hash of a command: a change holds it. */

const asker = { client: 'cursor', folder: null }
const headers = { 'X-Key': 'secret:k' }
const remote = { url: 'https://mcp.example/mcp', auth: 'header', headers }
const local = { command: '/usr/bin/notes', args: ['--all'], env: { KEY: 'secret:k' } }

async function scene(bound: object, wanted: object, name = 'notes') {
  await using home = await warderHome()
  const secrets = createNamedSecrets({
    state: home.state,
    vault: createMemoryStore(),
    knownSecrets: createKnownSecrets(),
    clock: Date.now,
  })
  const definition: ServerDefinition = serverSchema.parse(bound)
  await secrets.set('k', 'canary', { server: 'notes', destination: destination(definition) })
  const no = () => Promise.reject(new Error('no grant is asked for'))
  const grants = { accessToken: no, rejected: no, insufficient: () => new Error('no') as never }
  const injector = createInjector({ grants, secrets })
  const server = { name, definition: serverSchema.parse(wanted) }
  const credential = 'url' in wanted ? injector.headers : injector.environment
  return await credential(server, asker).then(
    ({ headers, environment }) => JSON.stringify({ headers, environment }),
    (error: unknown) => error,
  )
}

it.each([
  ['a remote server', remote],
  ['a program', local],
])('reaches %s as it was when the secret was entered', async (_what, definition) => {
  expect(await scene(definition, definition)).toContain('canary')
})

it.each<[string, object, object, string?]>([
  ['another origin', remote, { ...remote, url: 'https://evil.example/mcp' }],
  ['another port', remote, { ...remote, url: 'https://mcp.example:8443/mcp' }],
  ['another name', remote, remote, 'other'],
  ['another program', local, { ...local, command: '/usr/bin/evil' }],
  ['another argument', local, { ...local, args: ['--all', '--upload'] }],
  ['another variable', local, { ...local, env: { ...local.env, NODE_OPTIONS: '-r evil' } }],
  ['another folder', local, { ...local, cwd: '/tmp' }],
])('is held back from %s', async (_what, bound, wanted, name) => {
  expect(await scene(bound, wanted, name)).toMatchObject({ code: 'secret.binding_changed' })
})
