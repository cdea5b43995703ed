import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StatusView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { auditRows } from './support/audit.ts'
import { echo, refusalOf } from './support/calls.ts'
import { CLIENT, openStage, REMOTE } from './support/stage.ts'
import { startWitness } from './support/witness.ts'

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

it('pause refuses every call, revokes nothing, outlasts a restart, and a person alone ends it', async () => {
  await using stage = await openStage({ chromium })
  const { warder, remote } = stage
  await warder.ok(['server', 'add', 'tools', '--approve', '--', ...command()])
  await stage.connect()
  const client = await warder.client(CLIENT, REMOTE)
  expect(await echo(client)).toContain('hello')

  await warder.ok(['pause'])
  const before = remote.seen.length
  expect((await refusalOf(echo(client))).code).toBe('policy.paused')
  expect(remote.seen).toHaveLength(before)
  expect((await auditRows(warder))[0]).toMatchObject({ outcome: 'denied', code: 'policy.paused' })
  expect(await warder.run(['resume'])).toMatchObject({ code: 4 })

  const again = await stage.restart()
  const late = await again.client(CLIENT, 'tools')
  expect(late.getInstructions()).toContain('paused')
  expect((await refusalOf(echo(late))).code).toBe('policy.paused')
  await again.ok(['resume', '--yes'])
  expect(await echo(late)).toContain('hello')
  expect(await again.run(['resume', '--yes'])).toMatchObject({
    code: 2,
    json: { error: { code: 'usage.invalid' } },
  })
})

it('lock cuts what is under way, ends local servers and answers only what narrows', async () => {
  await using witness = await startWitness()
  await using stage = await openStage({ chromium })
  const { warder } = stage
  await warder.ok(['server', 'add', 'tools', '--approve', '--', ...command(witness.nodeOptions)])
  const local = await warder.client(CLIENT, 'tools')
  const { ended } = await witness.next()
  const underWay = refusalOf((await longCall(local)).ended)

  await warder.ok(['lock'])
  await ended
  expect((await underWay).code).toBe('policy.locked')
  expect((await refusalOf(echo(local))).code).toBe('policy.locked')
  expect(await warder.run(['server', 'list'])).toMatchObject({
    code: 4,
    json: { error: { code: 'policy.locked' } },
  })
  expect(await warder.ok<StatusView>(['status'])).toMatchObject({ locked: expect.any(String) })
  expect(await warder.run(['unlock'])).toMatchObject({ code: 4 })
  expect(witness.seen).toHaveLength(1)

  await warder.ok(['unlock', '--yes'])
  expect(await echo(local)).toContain('hello')
})

const command = (nodeOptions: readonly string[] = []) => [
  everythingStdio.command,
  ...nodeOptions,
  ...everythingStdio.args,
]

/** A tool that runs for ten minutes. @returns its end, once it has said that it is under way */
async function longCall(client: Client): Promise<{ ended: Promise<unknown> }> {
  const started = Promise.withResolvers<void>()
  const ended = client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 600, steps: 6000 } },
    undefined,
    { onprogress: () => started.resolve(), timeout: 600_000 },
  )
  await Promise.race([started.promise, ended])
  return { ended }
}
