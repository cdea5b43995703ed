import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { createRequestStates } from '../../../main/bridge/eras/request-state.ts'
import { limits } from '../../../main/bridge/limits.ts'

const request = (params: string, method = 'tools/call') =>
  readMessage(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`) as RequestMessage

const first = request('{"name":"x","arguments":{"a":[1,"é"],"b":2},"_meta":{"progressToken":1}}')
/** The same request with a state, its members in another order. */
const again = (state: string) =>
  request(
    `{"inputResponses":{}, "requestState":${state}, "arguments":{ "b":2,"a":[1,"\\u00e9"] },"name":"x","_meta":{}}`,
  )

describe('the state that a client brings back', () => {
  it('is good for the request that it was given for, once', () => {
    const states = createRequestStates().of('ann')
    const state = states.seal(first, 'content')
    expect(states.open(again(state))?.content).toBe('content')
    expect(states.open(again(state))).toBeNull()
  })

  it('is good once more where nothing came of it', () => {
    const states = createRequestStates().of('ann')
    const state = states.seal(first, 'content')
    states.open(again(state))?.giveBack()
    expect(states.open(again(state))?.content).toBe('content')
  })

  it('shows nothing of what it holds, and is another one each time', () => {
    const states = createRequestStates().of('ann')
    const both = [states.seal(first, 'content'), states.seal(first, 'content')]
    expect(new Set(both).size).toBe(2)
    expect(Buffer.from(both[0] ?? '', 'base64url').toString()).not.toContain('content')
  })

  it.each([
    ['another tool', '{"name":"y","arguments":{"a":[1,"é"],"b":2},'],
    ['other arguments', '{"name":"x","arguments":{"a":[1,"é"],"b":3},'],
    ['another order in a list', '{"name":"x","arguments":{"a":["é",1],"b":2},'],
    ['one argument more', '{"name":"x","arguments":{"a":[1,"é"],"b":2,"c":null},'],
    ['a member more', '{"name":"x","task":1,"arguments":{"a":[1,"é"],"b":2},'],
  ])('is good for nothing with %s', (_what, params) => {
    const states = createRequestStates().of('ann')
    const state = states.seal(first, 'content')
    expect(states.open(request(`${params}"requestState":${state}}`))).toBeNull()
    expect(states.open(again(state))?.content).toBe('content')
  })

  it('is good for no other method', () => {
    const states = createRequestStates().of('ann')
    const state = states.seal(first, 'content')
    const { text } = again(state)
    const other = readMessage(text.replace('tools/call', 'prompts/get')) as RequestMessage
    expect(states.open(other)).toBeNull()
  })

  it('is good for no other caller, and not after a restart', () => {
    const states = createRequestStates()
    const state = states.of('ann').seal(first, 'content')
    expect(states.of('bob').open(again(state))).toBeNull()
    expect(createRequestStates().of('ann').open(again(state))).toBeNull()
  })

  it('is over after a while', () => {
    let now = 0
    const states = createRequestStates(() => now).of('ann')
    const state = states.seal(first, 'content')
    now = limits.inputMs
    expect(states.open(again(state))).toBeNull()
  })

  it('is refused with any bit of it changed, and where it is no state at all', () => {
    const states = createRequestStates().of('ann')
    const bytes = Buffer.from(JSON.parse(states.seal(first, 'c')), 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(states.open(again(JSON.stringify(changed.toString('base64url'))))).toBeNull()
    }
    for (const state of ['""', '"x"', '7', '{}', JSON.stringify('A'.repeat(40))])
      expect(states.open(again(state))).toBeNull()
    const untouched = JSON.stringify(bytes.toString('base64url'))
    expect(states.open(again(`${untouched.slice(0, -1)}="`))).toBeNull()
    expect(states.open(again(untouched))?.content).toBe('c')
  })
})
