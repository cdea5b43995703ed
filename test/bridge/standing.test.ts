import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Claim } from '../../main/bridge/eras/claim.ts'
import { readJson } from '../../main/bridge/json-scan.ts'
import { limits } from '../../main/bridge/limits.ts'
import { type Caller, createStanding } from '../../main/bridge/standing.ts'
import type { Session } from '../../main/bridge/types.ts'

const caller: Caller = { client: 'one', proof: 'bearer', server: 's', folder: null }
const claim = (capabilities = '{}'): Claim => ({
  revision: '2026-07-28',
  capabilities: readJson(capabilities),
  info: undefined,
  logLevel: null,
})

function open() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  const begun: Session[] = []
  const over: Session[] = []
  const standing = createStanding({
    begin: () => {
      const session = { ended: false } as Session
      begun.push(session)
      return session
    },
    end: async (session) => void over.push(session),
  })
  onTestFinished(() => {
    standing.close()
    vi.useRealTimers()
  })
  return { standing, begun, over }
}

const nothing = async () => {}

describe('the session behind requests that stand alone', () => {
  it.each([
    ['another client', { client: 'two' }],
    ['another server', { server: 't' }],
    ['another folder', { folder: '/a' }],
    ['another proof', { proof: 'same-user' as const }],
  ])('is another one for %s', async (_what, other) => {
    const { standing, begun } = open()
    await standing.use(caller, claim(), nothing)
    await standing.use(caller, claim(), nothing)
    expect(begun).toHaveLength(1)
    await standing.use({ ...caller, ...other }, claim(), nothing)
    expect(begun).toHaveLength(2)
  })

  it('is another one for other abilities', async () => {
    const { standing, begun } = open()
    await standing.use(caller, claim(), nothing)
    await standing.use(caller, claim('{"roots":{}}'), nothing)
    expect(begun).toHaveLength(2)
  })

  it('is another one after it was ended', async () => {
    const { standing, begun } = open()
    await standing.use(caller, claim(), nothing)
    Object.assign(begun[0] ?? {}, { ended: true })
    await standing.use(caller, claim(), nothing)
    expect(begun).toHaveLength(2)
  })

  it('ends when nobody has used it for long, and not while it is at work', async () => {
    const { standing, begun, over } = open()
    const work = Promise.withResolvers<void>()
    const busy = standing.use(caller, claim(), () => work.promise)
    await standing.use(caller, claim('{"roots":{}}'), nothing)
    vi.advanceTimersByTime(limits.sessionIdleMs)
    expect(over).toEqual([])
    vi.advanceTimersByTime(limits.sessionIdleMs)
    expect(over).toEqual([begun[1]])
    work.resolve()
    await busy
  })

  it('makes room for another one of its client where it was idle longest, and refuses where all are at work', async () => {
    const { standing, begun, over } = open()
    const work = Promise.withResolvers<void>()
    const use = (index: number, run: () => Promise<void>) =>
      standing.use({ ...caller, folder: `/${index}` }, claim(), run)
    await use(0, nothing)
    const all = Array.from({ length: limits.sessionsPerClient }, (_, index) =>
      use(index + 1, () => work.promise),
    )
    expect(over).toEqual([begun[0]])
    await expect(use(-1, nothing)).rejects.toMatchObject({ code: 'bridge.busy' })
    await standing.use({ ...caller, client: 'two' }, claim(), nothing)
    work.resolve()
    await Promise.all(all)
  })
})
