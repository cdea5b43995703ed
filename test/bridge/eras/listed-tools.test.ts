import { expect, it } from 'vitest'
import { type ResponseMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { createListedTools } from '../../../main/bridge/eras/listed-tools.ts'
import { limits } from '../../../main/bridge/limits.ts'

it('a tool that is too large for a person is not remembered for its headers either', () => {
  const tools = createListedTools()
  const long = 'x'.repeat(limits.toolBytes)
  const list = ['small', long].map((name) => ({ name, inputSchema: { type: 'object' } }))
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: list } })
  tools.read(readMessage(text) as ResponseMessage)
  expect([tools.parameters('small'), tools.parameters(long)]).toEqual([[], undefined])
})

it('so many tools are remembered, and so many characters of them, however often they are listed', () => {
  const tools = createListedTools()
  const read = (names: readonly string[]) => {
    const list = names.map((name) => ({ name, inputSchema: { type: 'object' } }))
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: list } })
    tools.read(readMessage(text) as ResponseMessage)
    return names.filter((name) => tools.parameters(name) !== undefined).length
  }
  const long = Array.from({ length: 50 }, (_, at) => `${at}`.padEnd(100 * 1024, 'x'))
  expect([read(long), read(long)]).toEqual([40, 40])
  expect(read(Array.from({ length: 10_100 }, (_, at) => `t${at}`))).toBe(10_000 - 40)
})
