import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { McpError } from '@modelcontextprotocol/sdk/types.js'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AccountView, StatusView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { auditRows, followAudit } from './support/audit.ts'
import { echo, errorOf } from './support/calls.ts'
import { editConfig } from './support/config.ts'
import { CLIENT, openStage, REMOTE, type Stage } from './support/stage.ts'

/** The provider ends a grant; calls wait for the person, and the person alone starts the sign-in. */

const ACCOUNT = `${REMOTE}/${accounts.alice}`

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

/** Ends the grant at the provider, as a person or an administrator does on its own pages. */
async function endAtProvider({ provider }: Stage, account: AccountView): Promise<void> {
  const secrets = await provider.secrets()
  const token = secrets.findLast(({ name }) => name === 'refresh_token')?.value ?? ''
  const answer = await fetch(`${provider.issuer}/token/revocation`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: account.clientId, token }),
  })
  expect(answer.status).toBe(200)
}

/** A call of a client that does not lose its patience before Warder does. */
const patient = (client: Client, message: string) =>
  client.callTool({ name: 'echo', arguments: { message } }, undefined, { timeout: 400_000 })

const accepted = ({ remote }: Stage) =>
  remote.seen.filter(({ rpcMethod, status }) => rpcMethod === 'tools/call' && status === 200).length

const refreshes = async ({ provider }: Stage) =>
  (await provider.requests())
    .filter(({ path, body }) => path === '/token' && body.grant_type === 'refresh_token')
    .map(({ status }) => status)

const parked = ({ target, code }: { target: string | null; code: string | null }) =>
  target === 'echo' && code === 'grant.sign_in_needed'

describe('a grant that was ended at the provider', () => {
  it('lets calls wait, opens no browser, and a sign-in in time answers each once', async () => {
    await using stage = await openStage({ chromium })
    const { warder, system } = stage
    const account = await stage.connect()
    const overShim = await warder.client(CLIENT, REMOTE)
    const overHttp = await warder.httpClient(stage.bearer, REMOTE)
    expect(await echo(overShim)).toContain('hello')
    // The person of this test is a browser on a machine that has much to do.
    await editConfig(stage.home, (config) => {
      config.settings = { parkSeconds: 300 }
    })
    await using audit = followAudit(warder)

    await endAtProvider(stage, account)
    const waiting = Promise.all([patient(overShim, 'one'), patient(overHttp, 'two')])
    await audit.until(parked, 2)
    const status = await warder.ok<StatusView>(['status'])
    expect(status.signInNeeded).toEqual([ACCOUNT])
    expect(status.waiting).toEqual([{ server: REMOTE, client: CLIENT, calls: 2 }])
    expect(system.opened).toHaveLength(1)
    expect(accepted(stage)).toBe(1)

    // A requester that goes is not answered for.
    const gone = new AbortController()
    const leaving = overShim.callTool(
      { name: 'echo', arguments: { message: 'three' } },
      undefined,
      {
        signal: gone.signal,
      },
    )
    await audit.until(parked, 3)
    gone.abort()
    await errorOf(leaving)
    // The cancellation is recorded before the sign-in begins.
    await audit.until(({ method }) => method === 'notifications/cancelled', 2)

    expect(await stage.connect()).toMatchObject({ account: ACCOUNT, state: 'connected' })
    expect(await waiting).toMatchObject(
      ['one', 'two'].map((word) => ({ content: [{ text: `Echo: ${word}` }] })),
    )
    expect(accepted(stage)).toBe(3)
    expect(await refreshes(stage)).toEqual([400])
    expect((await warder.ok<StatusView>(['status'])).waiting).toEqual([])

    const rows = (await auditRows(warder)).filter(({ target }) => target === 'echo')
    const outcomes = rows.filter(({ phase }) => phase === 'outcome')
    expect(outcomes.map(({ outcome, code }) => code ?? outcome).toSorted()).toEqual([
      ...Array(3).fill('grant.sign_in_needed'),
      ...Array(3).fill('ok'),
    ])
  })

  it('ends a call that waits in vain with a link to our own page, which asks for its login', async () => {
    await using stage = await openStage({ chromium })
    const { warder, system } = stage
    const account = await stage.connect()
    const client = await warder.client(CLIENT, REMOTE)
    expect(await echo(client)).toContain('hello')
    await editConfig(stage.home, (config) => {
      config.settings = { parkSeconds: 0 }
    })

    await endAtProvider(stage, account)
    const error = await errorOf(echo(client))
    if (!(error instanceof McpError)) throw error
    const { code, link } = error.data as { code: string; link: string }
    expect(code).toBe('grant.sign_in_needed')
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#\/servers\/notes$/)
    expect(error.message).toContain(`warder connect ${REMOTE}`)
    // Nothing of the provider's, and no way around the login.
    const said = JSON.stringify([error.message, error.data])
    expect(said).not.toContain(new URL(stage.provider.issuer).host)
    expect(said).not.toMatch(/authorize|state=|code_challenge/)
    const page = await chromium.newPage()
    await page.goto(link)
    expect(await page.innerText('body')).toContain('warder ui')
    await page.close()
    // Who calls again is told the same, and nobody is asked for nothing.
    await errorOf(echo(client))
    expect(await refreshes(stage)).toEqual([400])
    expect(system.opened).toHaveLength(1)

    expect(await stage.connect()).toMatchObject({ account: ACCOUNT, state: 'connected' })
    expect(await echo(client)).toContain('hello')
  })
})
