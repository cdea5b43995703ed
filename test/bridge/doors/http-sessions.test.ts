import { expect, it, onTestFinished, vi } from 'vitest'
import type { HttpReply } from '../../../main/bridge/doors/http-reply.ts'
import { openHttpSessions } from '../../../main/bridge/doors/http-sessions.ts'
import { limits } from '../../../main/bridge/limits.ts'
import type { Visit } from '../../../main/bridge/types.ts'

const initialize = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}'

async function open() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance', 'Date'] })
  const ended = vi.fn(async () => {})
  const visit = { ended: false, receive: async () => {}, close: ended } as unknown as Visit
  const sessions = openHttpSessions({ begin: () => visit })
  onTestFinished(() => {
    sessions.close()
    vi.useRealTimers()
  })
  const reply = { open: () => {}, accepted: () => {}, refuse: () => {} } as unknown as HttpReply
  const from = { client: 'one', server: 's', session: undefined, protocolVersion: undefined }
  await sessions.receive({ ...from, headers: {}, text: initialize, reply })
  return { ended }
}

it('a session that nobody has used for long ends', async () => {
  const { ended } = await open()
  vi.advanceTimersByTime(limits.sessionIdleMs)
  expect(ended).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2 * 60_000)
  expect(ended).toHaveBeenCalledOnce()
})

it('a session does not end because the clock was set', async () => {
  const { ended } = await open()
  vi.setSystemTime(Date.now() + 2 * limits.sessionIdleMs)
  vi.advanceTimersByTime(2 * 60_000)
  expect(ended).not.toHaveBeenCalled()
})
