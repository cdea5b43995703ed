import { expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../main/bridge/envelope.ts'
import { limits } from '../../main/bridge/limits.ts'
import { createParking } from '../../main/bridge/parking.ts'
import type { Pending, Session, UnsentCall } from '../../main/bridge/types.ts'
import { signInNeeded } from '../../main/oauth/grant-errors.ts'
import { manualTimer } from './support/timer.ts'

const message = readMessage(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}',
) as RequestMessage

/** A call that nothing was done for yet; what waiting does not ask for is not there. */
const callOf = (client: string): UnsentCall => ({
  message,
  session: { principals: { client } } as Session,
  pending: { signal: new AbortController().signal, channel: {} } as Pending,
  error: signInNeeded({ server: 's', account: 'ann' }),
})

it('so many calls of one client wait for a sign-in, and so many of all; what is more does not', async () => {
  const { timer, pass } = manualTimer()
  const parking = createParking({ seconds: () => 50, timer })
  const ends: Promise<string>[] = []
  const clients = limits.parked / limits.parkedPerClient
  for (let at = 0; at < clients; at++) {
    for (let count = 0; count < limits.parkedPerClient; count++)
      ends.push(parking.wait(callOf(`c${at}`), 0))
    expect(await parking.wait(callOf(`c${at}`), 0)).toBe('over')
  }
  expect(await parking.wait(callOf('another'), 0)).toBe('over')
  const waiting = parking.waiting().map(({ calls }) => calls)
  expect(waiting).toEqual(Array.from({ length: clients }, () => limits.parkedPerClient))
  pass(50_000)
  expect(new Set(await Promise.all(ends))).toEqual(new Set(['over']))
  expect(parking.waiting()).toEqual([])
})
