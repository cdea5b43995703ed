import { expect, it } from 'vitest'
import { type Message, metaOf, textOf } from './support/alone.ts'
import { sessionServer } from './support/session-server.ts'
import { startWorld } from './support/world.ts'

/** MCP 2025-11-25 and 2026-07-28, Progress: a token is a string or a number. */
it.each([
  ['a text', 'p', undefined],
  ['a number', 1.5, undefined],
  ['null, which some send for none', null, undefined],
  ['the longest that is taken', 'p'.repeat(1_022), undefined],
  ['a longer one', 'p'.repeat(1_023), 'bridge.malformed'],
  ['a list', [1, 2], 'bridge.malformed'],
  ['an object', {}, 'bridge.malformed'],
  ['a truth value', true, 'bridge.malformed'],
])('%s as a token of progress', async (_what, progressToken, code) => {
  await using world = await startWorld({ s: sessionServer('(_message, { answer }) => answer({})') })
  const line = await world.line('s')
  line.send(textOf('tools/call', { name: 'x' }, { id: 'a', meta: metaOf({}, { progressToken }) }))
  const { id, error } = JSON.parse((await line.next()) ?? '') as Message
  expect([id, error?.data?.code]).toEqual(['a', code])
  line.close()
})
