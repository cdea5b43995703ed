import { expect, it } from 'vitest'
import { createPresence } from '../../main/desktop/presence.ts'
import { refusal } from '../control/world.ts'

const action = { kind: 'client.add', title: 'Let the client desk in', lines: ['It may call'] }

it('asks one question at a time, and of a flood of them only a few', async () => {
  const asked: ((yes: boolean) => void)[] = []
  const presence = createPresence(
    () =>
      new Promise((resolve) => {
        asked.push(resolve)
      }),
  )
  const answers = Array.from({ length: 4 }, () => presence.confirm(action))
  const tooMany = await refusal(presence.confirm(action), 'presence.refused')
  expect(tooMany.message).toContain('Nothing was changed')
  for (const [at, answer] of answers.entries()) {
    await new Promise(setImmediate)
    expect(asked).toHaveLength(at + 1)
    asked[at]?.(at % 2 === 0)
    expect(await answer).toBe(at % 2 === 0)
  }
  const later = presence.confirm(action)
  await new Promise(setImmediate)
  asked[4]?.(true)
  expect(await later).toBe(true)
})
