import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failures, isScored } from './report.ts'
import { runServerSuite, serverSuites } from './server.ts'
import { openServerStage, type ServerStage } from './server-stage.ts'

let stage: ServerStage
beforeAll(async () => {
  stage = await openServerStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

/** One suite for each door, upstream and revision; all of them run in the long tier, and by `npm run conformance`. */
describe('the official suite, through the shipped Warder', () => {
  it.each([
    'server-sessions-door-http 2025-11-25',
    'server-sessions-door-stdio 2026-07-28',
    'server-stateless-door-http 2026-07-28',
  ])('has nothing to say about any required scenario of %s', { timeout: 240_000 }, async (name) => {
    const results = (await run(name)).filter(isScored)
    expect(results.length).toBeGreaterThan(20)
    expect(results.flatMap(failures)).toEqual([])
  })

  it('sees strangers shut out, which the server itself lets in', async () => {
    const only = ['dns-rebinding-protection']
    const statuses = async (suite: string) =>
      (await run(suite, only)).flatMap(({ checks }) => checks.map(({ status }) => status))
    expect(await statuses('server-sessions-direct 2025-11-25')).toContain('FAILURE')
    expect(await statuses('server-sessions-door-http 2025-11-25')).toEqual(['SUCCESS', 'SUCCESS'])
  })
})

/** @throws Error where there is no such suite any more */
async function run(name: string, only?: readonly string[]) {
  const suite = serverSuites.find((one) => `${one.name} ${one.revision}` === name)
  if (suite === undefined) throw new Error(`There is no suite ${name}.`)
  return runServerSuite(suite, stage, only)
}
