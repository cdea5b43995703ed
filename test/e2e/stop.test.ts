import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  AccountView,
  Output,
  ReceiptView,
  RecordsExport,
  StatusView,
  StopRecord,
} from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { accounts, type IdentityProvider } from '../harness/identity-provider/types.ts'
import { startKeyring } from '../harness/keyring.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { runCli, type Warder } from '../harness/warder.ts'
import { auditRows, followAudit } from './support/audit.ts'
import { echo, errorOf, refusalOf } from './support/calls.ts'
import { eventually } from './support/eventually.ts'
import { environmentOf, gone } from './support/proc.ts'
import { CLIENT, openStage, REMOTE, type Stage } from './support/stage.ts'
import { startWitness } from './support/witness.ts'

/** The panic action, through every door there is, with every kind of thing that can be under way. */

const ACCOUNT = `${REMOTE}/${accounts.alice}`
const REVOCATION = '/token/revocation'
const KEY = 'a-static-key-of-the-vault'

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

const stopped = ({ home }: Stage, warder: Warder) =>
  eventually(home, async () => (await warder.ok<StatusView>(['status'])).stopped)
const lastToken = async (provider: IdentityProvider, name: string) =>
  (await provider.secrets()).findLast((secret) => secret.name === name)?.value ?? ''
const statusWith = async ({ remote }: Stage, token: string) =>
  (await fetch(remote.url, { headers: { authorization: `Bearer ${token}` } })).status

/** A tool that runs for ten minutes. @returns its end, once it has said that it is under way */
async function longCall(client: Client): Promise<{ ended: Promise<unknown> }> {
  const begun = Promise.withResolvers<void>()
  const ended = client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 600, steps: 6000 } },
    undefined,
    { onprogress: () => begun.resolve(), timeout: 600_000 },
  )
  await Promise.race([begun.promise, ended])
  return { ended }
}

const addHolder = (warder: Warder, nodeOptions: readonly string[]) =>
  warder.ok([
    ...['server', 'add', 'tools', '--approve', '--env', `REMOTE_TOKEN=grant:${REMOTE}`],
    ...['--', everythingStdio.command, ...nodeOptions, ...everythingStdio.args],
  ])

const settled = (stage: Stage) =>
  eventually(stage.home, async () => {
    const [one] = await stage.warder.ok<ReceiptView[]>(['receipts'])
    return one === undefined || one.state === 'pending' ? null : one
  })

async function verified({ home, warder }: Stage) {
  const file = path.join(home, `export-${crypto.randomUUID()}.json`)
  await warder.ok(['receipts', 'export', '--out', file])
  const checked = await runCli(['--json', 'receipts', 'verify', file])
  expect(checked).toMatchObject({ code: 0, json: { genuine: true } })
  return (JSON.parse(await readFile(file, 'utf8')) as RecordsExport).records.map(
    ({ document }) => document,
  )
}

describe('revoke --all', () => {
  it('ends everything that is under way behind every door, and a person alone brings it back', async () => {
    await using witness = await startWitness()
    await using stage = await openStage({ chromium })
    const { warder, provider } = stage
    await using keyed = await startResourceServer({ header: 'x-key', value: KEY })
    await warder.ok(['secret', 'set', 'keyed'], KEY)
    await warder.ok([
      ...['server', 'add', 'keyed', '--url', keyed.url],
      ...['--auth', 'header', '--header', 'x-key=secret:keyed', '--yes'],
    ])
    await addHolder(warder, witness.nodeOptions)
    await stage.connect()
    const remote = await warder.client(CLIENT, REMOTE)
    const overHttp = await warder.httpClient(stage.bearer, REMOTE)
    const local = await warder.client(CLIENT, 'tools')
    const withKey = await warder.client(CLIENT, 'keyed')
    for (const client of [local, withKey]) expect(await echo(client)).toContain('hello')
    const { pid, ended } = await witness.next()
    const token = await lastToken(provider, 'access_token')
    expect(environmentOf(pid).REMOTE_TOKEN).toBe(token)
    const calls = [await longCall(remote), await longCall(overHttp)]
    const refusals = calls.map((call) => refusalOf(call.ended))
    const keyedBefore = keyed.seen.length

    const record = await warder.ok<StopRecord>(['revoke', '--all'])
    expect(record).toMatchObject({
      grants: [{ account: ACCOUNT, state: 'proven', remains: null }],
      clients: [{ name: CLIENT, bearer: 'void', sessionsCut: 4 }],
      children: [{ server: 'tools', pid, ended: true }],
      secrets: [{ name: 'keyed' }],
      failures: [],
    })
    await ended
    await gone(pid)
    for (const refusal of await Promise.all(refusals)) expect(refusal.code).toBe('policy.stopped')
    for (const client of [remote, local, withKey])
      expect((await refusalOf(echo(client))).code).toBe('policy.stopped')
    expect(String(await errorOf(echo(overHttp)))).toMatch(/401|unauthorized/i)
    expect(await statusWith(stage, token)).toBe(401)
    // Not even a goodbye goes out with what cannot be revoked.
    expect(keyed.seen.slice(keyedBefore)).toEqual([])

    const documents = await verified(stage)
    expect(documents).toContainEqual(
      expect.objectContaining({ kind: 'stop', id: record.id, content: record }),
    )
    const rows = await auditRows(warder)
    expect(rows[0]).toMatchObject({ outcome: 'denied', code: 'policy.stopped' })

    // Who comes during the stop is told, and stays.
    const late = await warder.client(CLIENT, 'keyed')
    expect(late.getInstructions()).toContain('Everything is stopped')
    expect((await refusalOf(echo(late))).code).toBe('policy.stopped')
    expect(await warder.run(['connect', REMOTE])).toMatchObject({
      json: { error: { code: 'policy.stopped' } },
    })
    expect(await warder.run(['resume'])).toMatchObject({ code: 4 })
    expect((await refusalOf(echo(late))).code).toBe('policy.stopped')

    await warder.ok(['resume', '--yes'])
    for (const client of [late, withKey]) expect(await echo(client)).toContain('hello')
    expect((await refusalOf(echo(local))).code).toBe('grant.sign_in_needed')
    expect(witness.seen).toHaveLength(1)
    expect(String(await errorOf(warder.httpClient(stage.bearer, 'keyed')))).toMatch(/401|unauth/i)
    const { bearer } = await warder.ok<Output<'clients:renew'>>([
      'client',
      'renew',
      CLIENT,
      '--yes',
    ])
    expect(await echo(await warder.httpClient(bearer, 'keyed'))).toContain('hello')
    expect((await verified(stage)).find(({ kind }) => kind === 'stop')).toMatchObject({
      content: { id: record.id, resumedAt: expect.any(String) },
    })
  })

  it('ends calls that wait for a sign-in, and nothing of them leaves', async () => {
    await using stage = await openStage({ chromium })
    const { warder, provider, remote } = stage
    const account: AccountView = await stage.connect()
    const overShim = await warder.client(CLIENT, REMOTE)
    const overHttp = await warder.httpClient(stage.bearer, REMOTE)
    expect(await echo(overShim)).toContain('hello')
    expect(await echo(overHttp)).toContain('hello')
    const answer = await fetch(`${provider.issuer}${REVOCATION}`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: account.clientId,
        token: await lastToken(provider, 'refresh_token'),
      }),
    })
    expect(answer.status).toBe(200)
    await using audit = followAudit(warder)
    const waiting = [overShim, overHttp].map((client) => refusalOf(echo(client, 'parked')))
    await audit.until(({ code }) => code === 'grant.sign_in_needed', 2)
    const calls = () => remote.seen.filter(({ rpcMethod }) => rpcMethod === 'tools/call').length
    const before = calls()

    await warder.ok(['revoke', '--all'])
    for (const refusal of await Promise.all(waiting)) expect(refusal.code).toBe('policy.stopped')
    expect(calls()).toBe(before)
    expect(await warder.ok<StatusView>(['status'])).toMatchObject({ waiting: [] })
    const outcomes = (await auditRows(warder)).filter(
      ({ target, code }) => target === 'echo' && code === 'policy.stopped',
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['denied', 'denied'])
  })

  it('does not wait for a provider that hangs with anything that is done here', async () => {
    await using witness = await startWitness()
    await using stage = await openStage({ chromium })
    const { warder, provider } = stage
    await addHolder(warder, witness.nodeOptions)
    await stage.connect()
    const local = await warder.client(CLIENT, 'tools')
    const { ended } = await witness.next()
    const overHttp = await warder.httpClient(stage.bearer, REMOTE)

    await provider.setCondition('hold', [REVOCATION])
    const order: string[] = []
    const all = warder.ok<StopRecord>(['revoke', '--all']).then((record) => {
      order.push('provider')
      return record
    })
    await provider.arrived(REVOCATION)
    await ended
    expect((await refusalOf(echo(local))).code).toBe('policy.stopped')
    expect(String(await errorOf(echo(overHttp)))).toMatch(/401|unauthorized/i)
    const [held] = (await verified(stage)).filter(({ kind }) => kind === 'stop')
    expect(held).toMatchObject({
      content: {
        localMs: expect.any(Number),
        grants: [{ state: 'pending' }],
        children: [{ server: 'tools', ended: true }],
      },
    })
    order.push('here')
    await provider.setCondition('normal', [REVOCATION])
    expect(await all).toMatchObject({ grants: [{ account: ACCOUNT }] })
    expect(order).toEqual(['here', 'provider'])
  })
})

describe('with a vault that does not open', () => {
  it('does all that needs no vault, and the rest when it is open', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using stage = await openStage({ chromium, vault: 'keychain', env: keyring.env })
    const { warder, provider } = stage
    await stage.connect()
    const client = await warder.client(CLIENT, REMOTE)
    expect(await echo(client)).toContain('hello')
    const token = await lastToken(provider, 'access_token')

    await keyring.lock()
    const record = await warder.ok<StopRecord>(['revoke', '--all'])
    expect(record).toMatchObject({
      localMs: expect.any(Number),
      grants: [{ state: 'pending', remains: expect.stringContaining('vault could not be opened') }],
    })
    expect((await refusalOf(echo(client))).code).toBe('policy.stopped')
    expect(await statusWith(stage, token)).not.toBe(401)

    await keyring.unlock()
    expect(await warder.ok<StopRecord>(['revoke', '--all'])).toMatchObject({
      id: record.id,
      localMs: record.localMs,
      grants: [{ state: 'proven', remains: null }],
    })
    expect(await statusWith(stage, token)).toBe(401)
    expect((await verified(stage)).map(({ kind }) => kind).toSorted()).toEqual(['receipt', 'stop'])
  })
})

describe('a companion that is killed in the middle of a stop', () => {
  it('is still stopped at the next start, and goes on until the tokens are seen dead', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using stage = await openStage({ chromium, vault: 'keychain', env: keyring.env })
    const { warder, provider } = stage
    await stage.connect()
    const token = await lastToken(provider, 'access_token')
    await provider.setCondition('hold', [REVOCATION])
    const cut = warder.run(['revoke', '--all'])
    await provider.arrived(REVOCATION)
    await warder.stop('SIGKILL')
    expect((await cut).code).not.toBe(0)
    // What it has received and not read is lost with the connection.
    await provider.setCondition('offline', [REVOCATION])
    await provider.setCondition('normal', [REVOCATION])
    expect(await statusWith(stage, token)).not.toBe(401)

    await stage.restart()
    const client = await stage.warder.client(CLIENT, REMOTE)
    expect((await refusalOf(echo(client))).code).toBe('policy.stopped')
    expect(await settled(stage)).toMatchObject({ account: ACCOUNT, state: 'proven', remains: null })
    expect(await statusWith(stage, token)).toBe(401)
    expect((await verified(stage)).find(({ kind }) => kind === 'stop')).toMatchObject({
      content: { grants: [{ state: 'proven' }] },
    })
  })

  it('before anything was moved out of reach: says what had no chance to be proven', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using stage = await openStage({ chromium, vault: 'keychain', env: keyring.env })
    await using witness = await startWitness()
    const { warder, provider } = stage
    await addHolder(warder, witness.nodeOptions)
    await stage.connect()
    await warder.client(CLIENT, 'tools')
    const { pid, ended } = await witness.next()
    const token = await lastToken(provider, 'access_token')

    // Nothing of a revocation but its local part gets past the vault.
    keyring.freeze()
    const cut = warder.run(['revoke', '--all'])
    await ended
    await warder.stop('SIGKILL')
    expect((await cut).code).not.toBe(0)
    expect((await provider.requests()).filter(({ path }) => path === REVOCATION)).toEqual([])
    expect(await statusWith(stage, token)).not.toBe(401)

    keyring.thaw()
    await stage.restart()
    expect(await stopped(stage, stage.warder)).not.toBeNull()
    const client = await stage.warder.client(CLIENT, REMOTE)
    expect((await refusalOf(echo(client))).code).toBe('policy.stopped')
    // The access token was in memory alone; the refresh token is seen dead.
    const receipt = await settled(stage)
    expect(receipt).toMatchObject({
      state: 'revoked',
      remains: expect.stringContaining('No access token was at hand'),
    })
    expect(receipt.steps).toContainEqual(
      expect.objectContaining({ step: 'try-refresh', outcome: 'done' }),
    )
    expect(await statusWith(stage, token)).toBe(401)
    expect((await verified(stage)).find(({ kind }) => kind === 'stop')).toMatchObject({
      content: {
        grants: [{ state: 'revoked' }],
        children: [{ server: 'tools', pid }],
        resumedAt: null,
      },
    })
  })
})
