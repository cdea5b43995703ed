import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountView, ReceiptView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { digest } from '../harness/identity-provider/journal.ts'
import { accounts, type IdentityProvider } from '../harness/identity-provider/types.ts'
import { startKeyring } from '../harness/keyring.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { auditRows } from './support/audit.ts'
import { echo, refusalOf } from './support/calls.ts'
import { eventually } from './support/eventually.ts'
import { CLIENT, openStage, REMOTE, type Stage } from './support/stage.ts'

/** A revocation holds here at once, at the provider as soon as it can be asked, and says what is proven. */

const ACCOUNT = `${REMOTE}/${accounts.alice}`
const REVOCATION = '/token/revocation'

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

/** Starts a tool that runs for ten minutes. @returns its end, once it has said that it is under way */
async function longCall(client: Client): Promise<{ ended: Promise<unknown> }> {
  const begun = Promise.withResolvers<void>()
  const ended = client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 600, steps: 6000 } },
    undefined,
    { onprogress: () => begun.resolve() },
  )
  await Promise.race([begun.promise, ended])
  return { ended }
}

const lastToken = async (provider: IdentityProvider, name: string) =>
  (await provider.secrets()).findLast((secret) => secret.name === name)?.value ?? ''

/** The status of the MCP server's answer to whoever holds this token. */
const statusWith = async (stage: Stage, token: string) =>
  (await fetch(stage.remote.url, { method: 'GET', headers: { authorization: `Bearer ${token}` } }))
    .status

const receipts = ({ warder }: Stage) => warder.ok<ReceiptView[]>(['receipts'])
const steps = (receipt: ReceiptView | undefined) =>
  receipt?.steps.map(({ step, outcome, status }) => [step, outcome, status])

describe('with the provider there', () => {
  it('cuts what is under way, refuses the next call, and proves that the token is dead', async () => {
    const streams: Promise<unknown>[] = []
    const tap = (request: IncomingMessage) => {
      if (request.method === 'GET' && request.url === '/mcp')
        streams.push(once(request.socket, 'close'))
    }
    await using stage = await openStage({ chromium, remote: { tap } })
    const { warder, provider } = stage
    await stage.connect()
    const overShim = await warder.client(CLIENT, REMOTE)
    const overHttp = await warder.httpClient(stage.bearer, REMOTE)
    const calls = [await longCall(overShim), await longCall(overHttp)]
    const token = await lastToken(provider, 'access_token')
    const refreshToken = await lastToken(provider, 'refresh_token')
    const before = (await provider.requests()).length

    const refusals = calls.map(({ ended }) => refusalOf(ended))
    const [receipt] = await warder.ok<ReceiptView[]>(['revoke', ACCOUNT])
    for (const refusal of await Promise.all(refusals)) {
      expect(refusal.code).toBe('grant.sign_in_needed')
      expect(refusal.message).toContain('revoked')
    }
    await Promise.all(streams)
    expect(streams.length).toBeGreaterThan(0)
    for (const client of [overShim, overHttp])
      expect((await refusalOf(echo(client))).code).toBe('grant.sign_in_needed')

    const asked = (await provider.requests()).slice(before)
    const revocations = asked.filter((request) => request.path === REVOCATION)
    expect(revocations.map(({ body, status }) => [body.token, status])).toEqual([
      [digest(refreshToken), 200],
      [digest(token), 200],
    ])
    expect(receipt).toMatchObject({ account: ACCOUNT, state: 'proven', remains: null })
    expect(steps(receipt)).toEqual([
      ['local', 'done', null],
      // This provider lets nobody but the resource server introspect.
      ['introspect-refresh-token', 'unsupported', 200],
      ['introspect-access-token', 'unsupported', 200],
      ['revoke-refresh-token', 'done', 200],
      ['revoke-access-token', 'done', 200],
      ['probe', 'done', 401],
      ['try-refresh', 'done', 400],
      ['delete-registration', 'done', 204],
    ])
    expect(await receipts(stage)).toEqual([receipt])
    expect(await warder.ok(['accounts'])).toEqual([])
    expect(await statusWith(stage, token)).toBe(401)

    const rows = (await auditRows(warder)).filter(
      ({ target, phase }) => target === 'trigger-long-running-operation' && phase === 'outcome',
    )
    expect(rows.map(({ outcome, code, account }) => [outcome, code, account])).toEqual(
      [1, 2].map(() => ['error', 'grant.sign_in_needed', ACCOUNT]),
    )
  })
})

describe('with the provider away', () => {
  it('holds here at once, stays pending over a restart, and is proven when the provider is back', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using stage = await openStage({ chromium, vault: 'keychain', env: keyring.env })
    await stage.connect()
    const client = await stage.warder.client(CLIENT, REMOTE)
    expect(await echo(client)).toContain('hello')
    const token = await lastToken(stage.provider, 'access_token')

    await stage.provider.setCondition('offline')
    const [pending] = await stage.warder.ok<ReceiptView[]>(['revoke', ACCOUNT])
    expect(pending).toMatchObject({
      state: 'pending',
      remains: expect.stringContaining('take the token as valid there'),
    })
    expect(steps(pending)).toContainEqual(['revoke-refresh-token', 'pending', null])
    expect((await refusalOf(echo(client))).code).toBe('grant.sign_in_needed')

    await stage.restart()
    const [account] = await stage.warder.ok<AccountView[]>(['accounts'])
    expect(account).toMatchObject({ account: ACCOUNT, state: 'revoking' })
    expect(await receipts(stage)).toMatchObject([{ id: pending?.id, state: 'pending' }])
    const again = await stage.warder.client(CLIENT, REMOTE)
    expect((await refusalOf(echo(again))).code).toBe('grant.sign_in_needed')

    await stage.provider.setCondition('normal')
    expect(await statusWith(stage, token)).not.toBe(401)
    await stage.warder.stop()
    passTheWait(stage.home)
    await stage.restart()
    const receipt = await eventually(stage.home, async () => {
      const [one] = await receipts(stage)
      return one === undefined || one.state === 'pending' ? null : one
    })
    expect(receipt).toMatchObject({ id: pending?.id, state: 'proven', remains: null })
    expect(await stage.warder.ok(['accounts'])).toEqual([])
    expect(await statusWith(stage, token)).toBe(401)
  })

  /** The minutes until the next attempt go by while Warder is not running. */
  function passTheWait(home: string): void {
    using database = new DatabaseSync(path.join(home, 'state.db'))
    database.exec('UPDATE receipts SET next_attempt_at = 0')
  }
})

describe('at a provider that cannot revoke', () => {
  it('ends the use here, and says what may live on and what to do about it', async () => {
    const provider = startOidcProvider({ revocation: false, management: false })
    await using stage = await openStage({ chromium, provider })
    await stage.connect()
    const client = await stage.warder.client(CLIENT, REMOTE)
    expect(await echo(client)).toContain('hello')

    const [receipt] = await stage.warder.ok<ReceiptView[]>(['revoke', '--server', REMOTE])
    expect(receipt).toMatchObject({ state: 'local-only' })
    expect(receipt?.remains).toContain('has no revocation endpoint')
    expect(receipt?.remains).toContain("on the provider's own page")
    expect(steps(receipt)).toContainEqual(['revoke-refresh-token', 'unsupported', null])
    expect((await refusalOf(echo(client))).code).toBe('grant.sign_in_needed')
    // The receipt does not claim what is not so.
    const token = await lastToken(stage.provider, 'access_token')
    expect(await statusWith(stage, token)).not.toBe(401)
  })
})
