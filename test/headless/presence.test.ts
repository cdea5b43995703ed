import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { createPresence } from '../../main/headless/presence.ts'
import type { Presence, TrustAction } from '../../main/ports.ts'

const action: TrustAction = {
  kind: 'client.add',
  title: 'Let the client cursor in',
  lines: ['a', 'b'],
}

async function challenge(presence: Presence, asked: TrustAction, answer?: string): Promise<string> {
  try {
    await presence.confirm(asked, answer)
  } catch (error) {
    if (!(error instanceof WarderError) || error.code !== 'presence.required') throw error
    const { challenge, ...shown } = error.details ?? {}
    expect(shown).toEqual({ title: asked.title, lines: asked.lines })
    return String(challenge)
  }
  throw new Error('nobody was asked')
}

describe('presence without a window', () => {
  it('is a challenge that is good once', async () => {
    const presence = createPresence()
    const first = await challenge(presence, action)
    expect(first).toMatch(/^[\w-]{43}$/)
    expect(await presence.confirm(action, first)).toBe(true)
    expect(await challenge(presence, action, first)).not.toBe(first)
  })

  it.each<[string, TrustAction]>([
    ['kind', { ...action, kind: 'server.add' }],
    ['title', { ...action, title: 'Let the client claude in' }],
    ['line', { ...action, lines: ['a', 'c'] }],
    ['division into lines', { ...action, lines: ['a\nb'] }],
    ['length', { ...action, lines: ['a', 'b', 'c'] }],
  ])(
    'is for exactly what was shown, not for another %s, and void once it was tried',
    async (_part, other) => {
      const presence = createPresence()
      const asked = await challenge(presence, action)
      await challenge(presence, other, asked)
      await challenge(presence, action, asked)
    },
  )

  it('is nothing that can be made up', async () => {
    const presence = createPresence()
    await challenge(presence, action)
    for (const guess of ['', 'yes', 'constructor', '__proto__'])
      await challenge(presence, action, guess)
  })

  it('ends after five minutes, and other questions stay open meanwhile', async () => {
    let now = 0
    const presence = createPresence({ clock: () => now })
    const early = await challenge(presence, action)
    now = 299_999
    const late = await challenge(presence, action)
    now = 300_001
    await challenge(presence, action, early)
    expect(await presence.confirm(action, late)).toBe(true)
  })

  it('keeps questions apart that are open side by side', async () => {
    const presence = createPresence()
    const other = { ...action, title: 'Let the client claude in' }
    const [one, two] = [await challenge(presence, action), await challenge(presence, other)]
    expect(await presence.confirm(other, two)).toBe(true)
    expect(await presence.confirm(action, one)).toBe(true)
  })
})
