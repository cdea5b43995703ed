import { describe, expect, it } from 'vitest'
import { createSignInNotes } from '../../main/bridge/sign-in-notes.ts'
import type { WaitingCalls } from '../../main/bridge/types.ts'
import { manualTimer } from './support/timer.ts'

function scene() {
  const bodies: string[] = []
  const calls: WaitingCalls[] = []
  const { timer, pass } = manualTimer()
  const notes = createSignInNotes({
    notifier: { notify: ({ body }) => void bodies.push(body) },
    waiting: () => calls,
    timer,
  })
  return { bodies, calls, notes, pass }
}

const ann = { server: 's', account: 'ann' }

describe('the person is told of a sign-in', () => {
  it('once, with the calls that came in the meantime', () => {
    const { bodies, calls, notes, pass } = scene()
    notes.needed(ann)
    for (let count = 1; count <= 3; count++) {
      calls.splice(0, 1, { server: 's', client: 'cursor', calls: count })
      notes.parked()
    }
    pass(60_000)
    notes.needed(ann)
    notes.parked()
    pass(60_000)
    expect(bodies).toEqual(['s: ann has to sign in again. 3 calls of cursor wait.'])
  })

  it('for each account of a server', () => {
    const { bodies, notes, pass } = scene()
    notes.needed(ann)
    notes.needed({ server: 's', account: 'bob' })
    pass(1_000)
    expect(bodies).toEqual(['s: ann has to sign in again.', 's: bob has to sign in again.'])
  })

  it('when calls wait for one that died before', () => {
    const { bodies, calls, notes, pass } = scene()
    calls.push({ server: 's', client: 'cursor', calls: 1 })
    notes.parked()
    pass(1_000)
    expect(bodies).toEqual(['s needs you to sign in again. A call of cursor waits.'])
  })

  it('not when that is settled meanwhile, and again the next time', () => {
    const { bodies, calls, notes, pass } = scene()
    calls.push({ server: 's', client: 'cursor', calls: 1 })
    notes.needed(ann)
    notes.settled('s')
    // The calls leave one after the other.
    notes.parked()
    calls.pop()
    notes.parked()
    pass(60_000)
    expect(bodies).toEqual([])
    notes.needed(ann)
    pass(1_000)
    expect(bodies).toEqual(['s: ann has to sign in again.'])
  })
})
