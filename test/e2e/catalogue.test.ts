import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../harness/chromium.ts'
import { testHome } from '../harness/home.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startResourceServer } from '../harness/resource-server.ts'
import { startWarder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { echo, refusalOf, toolNames } from './support/calls.ts'
import { addClient, CLIENT, openStage, REMOTE } from './support/stage.ts'

/** What is known of a server is told while it is not at hand, and to nobody else than before. */

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

const instructionsOf = (client: Client) => client.getInstructions()

describe('a server whose account waits for its person', () => {
  it('shows its tools over a restart, and no more after the account was revoked', async () => {
    await using stage = await openStage({ chromium })
    await stage.connect()
    const first = await stage.warder.client(CLIENT, REMOTE)
    const names = await toolNames(first)
    expect(names).toContain('echo')

    // The vault in memory forgets the token; whose it was is still known.
    const warder = await stage.restart()
    const client = await warder.client(CLIENT, REMOTE)
    expect(instructionsOf(client)).toBe(instructionsOf(first))
    expect(await toolNames(client)).toEqual(names)
    const overHttp = await warder.httpClient(stage.bearer, REMOTE)
    expect(await toolNames(overHttp)).toEqual(names)
    const told = (await auditRows(warder)).filter(
      ({ method, outcome, phase }) =>
        method === 'tools/list' && phase === 'outcome' && outcome === 'ok',
    )
    expect(told.length).toBeGreaterThanOrEqual(2)

    await warder.ok(['revoke', `${REMOTE}/${accounts.alice}`])
    const after = await warder.client(CLIENT, REMOTE)
    expect(instructionsOf(after)).toContain('not available yet')
    expect(await refusalOf(after.listTools())).toMatchObject({ code: 'grant.sign_in_needed' })
  })
})

describe('a server that is away', () => {
  it('shows its tools until everything is stopped, and no more after that', async () => {
    await using home = await testHome()
    const remote = await startResourceServer({ open: true })
    await using warder = await startWarder({ home: home.path })
    await warder.ok(['server', 'add', REMOTE, '--url', remote.url, '--auth', 'public'])
    await addClient(warder, CLIENT)
    const names = await toolNames(await warder.client(CLIENT, REMOTE))
    await remote[Symbol.asyncDispose]()

    const client = await warder.client(CLIENT, REMOTE)
    expect(await toolNames(client)).toEqual(names)
    expect(await refusalOf(echo(client))).toMatchObject({ code: 'net.unreachable' })

    await warder.ok(['revoke', '--all', '--yes'])
    expect(await refusalOf(client.listTools())).toMatchObject({ code: 'policy.stopped' })
    await warder.ok(['resume', '--yes'])
    expect(await refusalOf(client.listTools())).toMatchObject({ code: 'net.unreachable' })
  })
})
