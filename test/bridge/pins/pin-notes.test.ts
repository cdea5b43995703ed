import { describe, expect, it } from 'vitest'
import { createPinNotes } from '../../../main/bridge/pins/pin-notes.ts'
import type { PinNote } from '../../../main/bridge/pins/pins.ts'
import { manualTimer } from '../support/timer.ts'

function scene() {
  const bodies: string[] = []
  let waiting: string[] = []
  const { timer, pass } = manualTimer()
  const notes = createPinNotes({
    notifier: { notify: ({ body }) => void bodies.push(body) },
    waiting: () => waiting,
    timer,
  })
  const say = (what: PinNote['what'], server: string) =>
    notes.noted({ what, server, tool: 'x', why: '' })
  return {
    bodies,
    pass,
    say,
    wait(...servers: string[]) {
      waiting = servers
    },
  }
}

describe('the person is told of tools that wait', () => {
  it('once for a server, with how many there are, until none of them waits any more', () => {
    const { bodies, pass, say, wait } = scene()
    wait('s', 's', 'other')
    say('held', 's')
    say('held', 's')
    pass(1_000)
    say('held', 's')
    pass(60_000)
    expect(bodies).toEqual([
      '2 tools of s are new, have changed or look odd. They wait under Approvals.',
    ])
    say('noted', 'other')
    pass(1_000)
    wait('other')
    say('approved', 's')
    wait('s', 'other')
    say('held', 's')
    pass(1_000)
    expect(bodies.slice(1)).toEqual([
      'A tool of other is new, has changed or looks odd. It waits under Approvals.',
      'A tool of s is new, has changed or looks odd. It waits under Approvals.',
    ])
  })

  it('of nothing that was settled in the meantime, and of no answer of their own', () => {
    const { bodies, pass, say, wait } = scene()
    wait('s')
    say('returned', 's')
    say('denied', 's')
    say('held', 's')
    wait()
    pass(1_000)
    wait('s')
    say('held', 's')
    pass(1_000)
    expect(bodies).toHaveLength(1)
  })
})
