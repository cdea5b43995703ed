import { expect, it } from 'vitest'
import { processGroup } from '../../../main/runtime/process-group.ts'
import { createRuntime } from '../../../main/runtime/supervisor.ts'
import { anyRun } from '../../runtime/any-run.ts'
import { script } from '../../runtime/local-server.ts'
import { connectTo, openHouse } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** A program that was given a token is ended with it, whether it wants to or not, and before the provider has answered. */
it('ends a program that ignores the end of its input and SIGTERM, while the provider hangs', async () => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const grant = await connectTo(house, provider.serverUrl)
  const runtime = createRuntime(anyRun)
  const up = Promise.withResolvers<void>()
  const server = await runtime.start({
    name: 'files',
    holds: [grant.id],
    definition: script(
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e9); console.log('up')`,
    ),
    environment: { TOKEN: 'of the grant' },
    mask: (text) => text,
    onLine: () => up.resolve(),
    onExit: () => {},
    // It would be let live as long as this test may take.
    grace: { inputMs: 2 ** 30, termMs: 2 ** 30, killMs: 20_000 },
  })
  await up.promise
  const order: string[] = []
  const gone = Promise.withResolvers<void>()
  const revoke = provider.answers.get('/revoke')
  provider.answers.set('/revoke', async (request) => {
    await gone.promise
    return revoke?.(request) ?? { status: 200 }
  })
  house.grants.on(
    'revoked',
    ({ id }) =>
      void runtime.endHolding(id).then(() => {
        order.push('program')
        gone.resolve()
      }),
  )
  await house.grants.revoke(grant.id, 'by the test')
  order.push('provider')
  expect(order).toEqual(['program', 'provider'])
  expect(processGroup(server.pid).alive()).toBe(false)
  await runtime.close()
})
