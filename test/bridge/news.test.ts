import { expect, it } from 'vitest'
import { createNews, isNews, QUIET_MS } from '../../main/bridge/news.ts'
import { manualTimer } from './support/timer.ts'

const LIST = 'notifications/tools/list_changed'

function scene() {
  const { timer, pass } = manualTimer()
  const said: string[] = []
  const news = createNews(timer)
  return { news, pass, said, say: (what: string) => news.changed(LIST, () => said.push(what)) }
}

it('is said at once, and then once for all that came in the meantime', () => {
  const { pass, said, say } = scene()
  for (const one of ['1', '2', '3']) say(one)
  expect(said).toEqual(['1'])
  pass(QUIET_MS)
  expect(said).toEqual(['1', '3'])
  pass(QUIET_MS)
  say('4')
  expect(said).toEqual(['1', '3', '4'])
})

it('of one list does not wait for that of another', () => {
  const { news, said, say } = scene()
  say('1')
  news.changed('notifications/prompts/list_changed', () => said.push('2'))
  expect(said).toEqual(['1', '2'])
})

it('of a server that is gone is not said any more', () => {
  const { news, pass, said, say } = scene()
  say('1')
  say('2')
  news.forget()
  pass(QUIET_MS)
  expect(said).toEqual(['1'])
})

it('is nothing else', () => {
  expect(isNews(LIST)).toBe(true)
  expect(isNews('notifications/resources/updated')).toBe(false)
})
