import { expect, it } from 'vitest'
import { mayAsk, maySay } from '../../main/bridge/server-rights.ts'

const all = () => true
const none = () => false

it.each([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
  ['tasks/get', 'tasks'],
])('%s is asked only of a client that declared %s', (method, ability) => {
  expect(mayAsk(method, (one) => one === ability)).toBe(true)
  expect(mayAsk(method, (one) => one !== ability)).toBe(false)
})

it.each([
  'initialize',
  'tools/call',
  'tools/list',
  'resources/read',
  'prompts/get',
  'logging/setLevel',
])('%s is asked by clients alone', (method) => expect(mayAsk(method, all)).toBe(false))

it('what no revision knows is for the client to refuse', () => {
  expect(mayAsk('vendor/anything', none)).toBe(true)
  expect(mayAsk('constructor', none)).toBe(true)
})

it('does not open a session in the place of the client', () => {
  expect(maySay('notifications/initialized')).toBe(false)
  expect(maySay('notifications/roots/list_changed')).toBe(false)
  expect(maySay('notifications/message')).toBe(true)
})
