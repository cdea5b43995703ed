import { expect, it } from 'vitest'
import { readMessage, resultResponse } from '../../../main/bridge/envelope.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { createSharedResources } from '../../../main/bridge/upstream/shared-resources.ts'
import { endOf, heapUsed } from '../support/heap.ts'

it('one session may be subscribed to so many resources of a shared server, and others to theirs', async () => {
  const resources = createSharedResources<string>()
  let asked = 0
  const ask = async () => {
    asked++
    return readMessage(resultResponse('1', '{}')) as never
  }
  for (let at = 0; at < 1_000; at++) await resources.subscribe('one', `x://${at}`, ask)
  await expect(resources.subscribe('one', 'x://more', ask)).rejects.toMatchObject({
    code: 'bridge.busy',
  })
  expect(asked).toBe(1_000)
  await resources.subscribe('two', 'x://more', ask)
  expect(resources.leave('one')).toHaveLength(1_000)
  await resources.subscribe('one', 'x://more', ask)
  expect(asked).toBe(1_002)
  const uri = `x:${'a'.repeat(limits.linkLength - 2)}`
  await resources.subscribe('one', uri, ask)
  await expect(resources.subscribe('one', `${uri}a`, ask)).rejects.toMatchObject({
    code: 'bridge.too_large',
  })
  expect(asked).toBe(1_003)
})

it('what one is subscribed to does not keep the messages that asked for it', async () => {
  const resources = createSharedResources<string>()
  const done = readMessage(resultResponse('1', '{}')) as never
  const before = heapUsed()
  for (let at = 0; at < 900; at++)
    await resources.subscribe('one', endOf(15_000, `file:///home/me/${at}`), async () => done)
  expect(heapUsed() - before).toBeLessThan((900 * 15_000) / 3)
  expect(resources.leave('one')).toHaveLength(900)
})
