import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isScored, shortcomings } from './report.ts'
import { runServerSuite, serverSuites } from './server.ts'
import { openServerStage, type ServerStage } from './server-stage.ts'

let stage: ServerStage
beforeAll(async () => {
  stage = await openServerStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

/** One suite for each door and each upstream; all of them run in the long tier, and by `npm run conformance`. */
describe('the official suite, through the shipped Warder', () => {
  it.each(['server-sessions-door-http', 'server-sessions-shim-stdio'])(
    'has nothing to say about any required scenario of %s',
    async (name) => {
      const results = (await run(name)).filter(isScored)
      expect(results.length).toBeGreaterThan(20)
      expect(results.flatMap(shortcomings)).toEqual([])
    },
  )

  it('sees strangers shut out, which the server itself lets in', async () => {
    const only = ['dns-rebinding-protection']
    const statuses = async (suite: string) =>
      (await run(suite, only)).flatMap(({ checks }) => checks.map(({ status }) => status))
    expect(await statuses('server-sessions-direct')).toContain('FAILURE')
    expect(await statuses('server-sessions-door-http')).toEqual(['SUCCESS', 'SUCCESS'])
  })
})

/** @throws Error where there is no such suite any more */
async function run(name: string, only?: readonly string[]) {
  const suite = serverSuites.find((one) => one.name === name)
  if (suite === undefined) throw new Error(`There is no suite ${name}.`)
  return runServerSuite(suite, stage, only)
}
