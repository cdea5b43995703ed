import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failures, isScored } from './report.ts'
import { runServerSuite, serverSuites } from './server.ts'
import { openServerStage, type ServerStage } from './server-stage.ts'

let stage: ServerStage
beforeAll(async () => {
  stage = await openServerStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

describe.each(serverSuites)('$name $revision of the official suite', (suite) => {
  it('has nothing to say about any required scenario', { timeout: 600_000 }, async () => {
    const results = (await runServerSuite(suite, stage)).filter(isScored)
    expect(results.length).toBeGreaterThan(20)
    expect(results.flatMap(failures)).toEqual([])
  })
})
