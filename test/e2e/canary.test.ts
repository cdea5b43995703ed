import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ApprovalView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { startKeyring } from '../harness/keyring.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { type Answer, runCli } from '../harness/warder.ts'
import { call, echo, errorOf } from './support/calls.ts'
import { editConfig } from './support/config.ts'
import { type Planted, searchFor } from './support/leaks.ts'
import { commandLines, environmentOf } from './support/proc.ts'
import { CLIENT, openStage, REMOTE, type StageOptions } from './support/stage.ts'
import { startWitness } from './support/witness.ts'

/**
 * A day with every kind of secret in it. Afterwards none of them is anywhere but where it belongs: not in a file, not
 * in an argument vector, not in what was printed, answered or refused.
 */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

/** Characters that each encoding writes in its own way. */
const canary = (name: string) => `canary "${name}" é/+&=% ${randomBytes(12).toString('hex')}`
/** The same for where only ASCII without spaces goes: a header, a client secret. */
const plainCanary = (name: string) => `canary-${name}-${randomBytes(16).toString('hex')}`

/** What differs between the vaults is theirs alone (`test/vault`); both are run in the long tier. */
const vaults =
  process.env.WARDER_TEST_TIER === 'long'
    ? (['keychain', 'file'] as const)
    : (['keychain'] as const)

it.each(vaults)('with the vault %s', { timeout: 180_000 }, async (vault) => {
  await using stage = new AsyncDisposableStack()
  const planted: Planted[] = []
  const plant = (name: string, value: string) => {
    planted.push({ name, value })
    return value
  }
  const inEnvironment = plant('secret of a local server', canary('env'))
  const inHeader = plant('secret of a header', plainCanary('header'))
  const ofClient = plant('client secret', plainCanary('client'))
  const passphrase = plant('passphrase', canary('passphrase'))

  const answers: { verb: string; text: string }[] = []
  const heard: string[] = []
  const seenArguments = new Set<string>()
  const sample = () => {
    for (const line of commandLines()) seenArguments.add(line)
  }
  const sampler = setInterval(sample, 50)
  stage.defer(() => clearInterval(sampler))

  const keyring = stage.use(
    await startKeyring({ state: vault === 'keychain' ? 'unlocked' : 'no-bus' }),
  )
  const options: Partial<StageOptions> = vault === 'file' ? { passphrase } : { env: keyring.env }
  const house = stage.use(
    await openStage({
      ...options,
      chromium,
      vault,
      provider: startOidcProvider({ clients: [registeredByHand(ofClient)] }),
      onAnswer: (args, { stdout, stderr }: Answer) => {
        sample()
        answers.push({ verb: args.join(' '), text: stdout + stderr })
      },
    }),
  )
  const said: string[] = []
  const restart = () => {
    said.push(...house.warder.output)
    return house.restart()
  }
  const listen = async (
    client: Promise<Client>,
    ...calls: ((client: Client) => Promise<unknown>)[]
  ) => {
    const connected = await client
    for (const one of calls) heard.push(await told(one(connected)))
    return connected
  }

  // What a person sets up: a local server, a header, a client that was registered by hand.
  const witness = stage.use(await startWitness())
  const keyed = stage.use(await startResourceServer({ header: 'X-Api-Key', value: inHeader }))
  {
    const { warder } = house
    await warder.ok(['secret', 'set', 'env-key'], inEnvironment)
    await warder.ok(['secret', 'set', 'header-key'], inHeader)
    await warder.ok(['secret', 'set', 'client-key'], ofClient)
    await warder.ok([
      ...['server', 'add', 'tools', '--approve', '--env', 'DEMO_KEY=secret:env-key', '--'],
      ...[everythingStdio.command, ...witness.nodeOptions, ...everythingStdio.args],
    ])
    await warder.ok([
      ...['server', 'add', 'keyed', '--url', keyed.url, '--auth', 'header'],
      ...['--header', 'X-Api-Key=secret:header-key', '--yes'],
    ])
    await editConfig(house.home, ({ servers }) => {
      const { clientId, redirectUri } = byHand
      const { issuer } = house.provider
      const oauth = { clientId, redirectUri, issuer, clientSecret: 'secret:client-key' }
      servers['by-hand'] = { url: house.remote.url, auth: 'oauth', oauth }
    })
    const waiting = await warder.ok<ApprovalView[]>(['approvals'])
    for (const { id } of waiting) await warder.ok(['approvals', 'approve', id, '--yes'])
  }

  // Sign-ins, calls, calls that fail, and the page.
  await house.connect()
  await house.connect({}, 'by-hand')
  await expect(house.connect({ decision: 'Deny' })).rejects.toThrow('authorization_refused')
  await listen(house.warder.client(CLIENT, REMOTE), echo, (client) => call(client, 'none'))
  await listen(house.warder.httpClient(house.bearer, 'by-hand'), echo)
  await listen(house.warder.client(CLIENT, 'keyed'), echo)
  await listen(
    house.warder.client(CLIENT, 'tools'),
    (client) => call(client, 'get-env'),
    (client) => echo(client, inEnvironment),
  )
  expect(keyed.seen.map(({ status }) => status)).toContain(200)
  const child = environmentOf((await witness.next()).pid)
  sample()
  await house.warder.ok(['ui'])
  const page = await openPage(new URL(await house.system.next()))
  plant('code of the page', page.code)
  plant('session of the page', page.session)
  expect(existsSync(page.file)).toBe(false)
  const companion = environmentOf(house.warder.pid)

  // Renewals, one of them while the provider is away; then the end of it all.
  await restart()
  await house.provider.setCondition('unavailable', ['/token'])
  // The client stays; what it asks for cannot be had.
  heard.push(String(await errorOf(house.warder.client(CLIENT, REMOTE).then(echo))))
  await house.provider.setCondition('normal')
  // A provider that was away is left alone for some seconds; a companion that has just started knows nothing of that.
  await restart()
  await listen(house.warder.client(CLIENT, REMOTE), echo)
  await listen(house.warder.client(CLIENT, 'by-hand'), echo)
  const whileConnected = await searchAll()
  await house.warder.ok(['revoke', '--server', REMOTE])
  await house.provider.setCondition('offline')
  await house.warder.ok(['revoke', '--all'])
  heard.push(String(await errorOf(house.warder.client(CLIENT, REMOTE).then(echo))))
  for (const verb of [
    'status',
    'accounts',
    'receipts',
    'receipts export',
    'server list',
    'secret list',
    'client list',
  ])
    for (const form of [[], ['--json']]) {
      const { stdout, stderr } = await runCli([...verb.split(' '), ...form, '--home', house.home])
      answers.push({ verb, text: stdout + stderr })
    }
  await house.warder.ok(['audit', '--limit', '1000'])
  await house.warder.ok(['client', 'remove', CLIENT])
  await house.warder.stop()

  expect(whileConnected).toEqual([])
  expect(await searchAll()).toEqual([])
  // The search does find what is there.
  const { in: found } = searchFor(planted)
  expect(found('the server', JSON.stringify(child))).toContain(
    'secret of a local server, in JSON: the server',
  )

  async function searchAll(): Promise<string[]> {
    const known = (await house.provider.secrets()).filter(({ value }) => value.length >= 8)
    expect(new Set(known.map(({ name }) => name))).toEqual(
      new Set([
        ...['code', 'code_verifier', 'access_token', 'refresh_token', 'id_token', 'password'],
        ...['token', 'registration_access_token'],
      ]),
    )
    const all = searchFor([...planted, ...known])
    const bearer = searchFor([{ name: 'bearer', value: house.bearer }])
    const shown = answers.filter(({ text }) => bearer.in('', text).length > 0)
    // The one place where the bearer may be shown.
    expect(shown.map(({ verb }) => verb)).toEqual([`client add ${CLIENT} --yes`])
    return [
      ...[all, bearer].flatMap((search) => [
        ...search.inFiles(house.home),
        ...search.inFiles(house.warder.ready.sockets),
        ...search.in('the companion’s output', [...said, ...house.warder.output].join('\n')),
        ...search.in('the companion’s environment', JSON.stringify(companion)),
        ...search.in('an argument vector', [...seenArguments].join('\n')),
        ...search.in('what a client was told', heard.join('\n')),
      ]),
      ...answers.flatMap(({ verb, text }) => all.in(verb, text)),
    ]
  }

  /** Signs in to the page as the browser does. @returns what was secret in that */
  async function openPage(url: URL) {
    const file = fileURLToPath(url)
    const [, code = ''] = /name="code" value="([^"]+)"/.exec(readFileSync(file, 'utf8')) ?? []
    const profile = await chromium.newContext()
    try {
      const tab = await profile.newPage()
      const asking = tab.waitForRequest((request) => 'authorization' in request.headers())
      await tab.goto(url.href)
      const [scheme, session = ''] = (await asking).headers().authorization?.split(' ') ?? []
      expect([scheme, session.length > 20, code.length > 20]).toEqual(['Bearer', true, true])
      await tab.getByRole('heading', { name: 'Overview', exact: true }).waitFor()
      return { file, code, session }
    } finally {
      await profile.close()
    }
  }
})

/** An answer or a refusal, as the client's program has it. */
const told = (call: Promise<unknown>): Promise<string> =>
  call.then(
    (answer) => JSON.stringify(answer),
    (error) => `${error} ${JSON.stringify(error)}`,
  )

const byHand = { clientId: 'by-hand', redirectUri: 'http://127.0.0.1/cb' }

const registeredByHand = (clientSecret: string) => ({
  client_id: byHand.clientId,
  client_secret: clientSecret,
  application_type: 'native',
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [byHand.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
})
