import { describe, expect, it } from 'vitest'
import { readSentence } from '../../renderer/pages/activity/sentence.ts'
import { storiesOf } from '../../renderer/pages/activity/stories.ts'
import { row } from '../e2e/page-world.ts'

const now = Date.parse('2026-06-10T15:00:00')
const known = { clients: ['cursor', 'claude-desktop'], servers: ['linear', 'cursor'], now }
const read = (text: string) => readSentence(text, known)
const local = (text: string) => new Date(text).toISOString()

describe('a sentence', () => {
  it.each([
    [
      'refused calls of Cursor to linear',
      { client: 'cursor', server: 'linear', outcome: 'denied' },
    ],
    ['what did claude-desktop do today?', { client: 'claude-desktop' }],
    ['tool errors at linear', { server: 'linear', outcome: 'tool-error' }],
    ['allowed calls named Create_Issue', { decision: 'allow' }],
    ['cursor cursor', { client: 'cursor', server: 'cursor' }],
    ['', {}],
  ])('%s', (text, filter) => {
    expect(read(text)).toMatchObject(filter)
  })

  it('takes a word that is nothing else for a tool, as it is written', () => {
    expect(read('show Create_Issue of cursor')).toEqual({
      client: 'cursor',
      target: 'Create_Issue',
    })
  })

  it('knows days by the clock of whoever reads', () => {
    expect(read('today')).toEqual({ since: local('2026-06-10T00:00:00') })
    expect(read('yesterday')).toEqual({
      since: local('2026-06-09T00:00:00'),
      until: local('2026-06-10T00:00:00'),
    })
    expect(read('since yesterday')).toEqual({ since: local('2026-06-09T00:00:00') })
    expect(read('last hour')).toEqual({ since: local('2026-06-10T14:00:00') })
  })
})

describe('stories', () => {
  const minute = 60_000
  const deed = (seq: number, more: Partial<Parameters<typeof row>[0]> = {}) =>
    row({
      seq,
      at: new Date(now + seq * minute).toISOString(),
      phase: 'outcome',
      outcome: 'ok',
      ...more,
    })
  const told = (...rows: ReturnType<typeof deed>[]) =>
    storiesOf(rows.toReversed()).map(({ client, deeds }) => [client, deeds.map(({ seq }) => seq)])

  it('are the sessions of a client, newest first, told oldest first', () => {
    expect(
      told(
        deed(1, { session: 'a' }),
        deed(2, { session: 'b' }),
        deed(300, { session: 'a' }),
        deed(301, { session: 'a', method: 'tools/list' }),
      ),
    ).toEqual([
      ['claude-desktop', [1, 300]],
      ['claude-desktop', [2]],
    ])
  })

  it('end with a pause where there is no session', () => {
    expect(told(deed(1), deed(5), deed(6, { client: 'zed' }), deed(15))).toEqual([
      ['claude-desktop', [15]],
      ['zed', [6]],
      ['claude-desktop', [1, 5]],
    ])
  })

  it('say what changed something by its name, and what did not go well', () => {
    const [story] = storiesOf([
      deed(4, { target: 'read_file' }),
      deed(3, { target: 'create_issue', outcome: 'tool-error' }),
      deed(2, { target: 'create_issue' }),
      deed(1, { target: 'deleteRow', outcome: 'denied' }),
    ])
    expect(story).toMatchObject({
      refused: 1,
      failed: 1,
      changed: [{ name: 'create_issue', count: 1 }],
    })
  })
})
