import { expect, it } from 'vitest'
import { type ResponseMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { createListedTools } from '../../../main/bridge/eras/listed-tools.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { heapUsed } from '../support/heap.ts'

it.each([257, limits.toolBytes])(
  'a tool with a name of %d characters, which nobody may call, is not remembered for its headers',
  (length) => {
    const tools = createListedTools()
    const long = 'x'.repeat(length)
    const list = ['small', long].map((name) => ({ name, inputSchema: { type: 'object' } }))
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: list } })
    tools.read(readMessage(text) as ResponseMessage)
    expect([tools.parameters('small'), tools.parameters(long)]).toEqual([[], undefined])
  },
)

it('so many tools are remembered, and so many characters of them, however often they are listed', () => {
  const tools = createListedTools()
  const read = (names: readonly string[], argument?: string) => {
    const inputSchema = {
      type: 'object',
      ...(argument && { properties: { [argument]: { type: 'string', 'x-mcp-header': 'a' } } }),
    }
    const list = names.map((name) => ({ name, inputSchema }))
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: list } })
    tools.read(readMessage(text) as ResponseMessage)
    return names.filter((name) => tools.parameters(name) !== undefined).length
  }
  const some = (count: number, first = 't') =>
    Array.from({ length: count }, (_, at) => `${first}${at}`)
  const long = 'x'.repeat(100 * 1024)
  expect([read(some(50), long), read(some(50), long)]).toEqual([40, 40])
  expect(read(some(10_100, 'u'))).toBe(10_000 - 40)
})

it('no tool keeps the list that it was named in, however long its arguments are called', () => {
  const size = 2 * 1024 * 1024
  const tools = createListedTools()
  const argument = (at: number) => `${at}`.padEnd(5_000, 'x')
  const read = (at: number) => {
    const properties = { [argument(at)]: { type: 'string', 'x-mcp-header': 'a' } }
    const tool = { name: `t${at}`, inputSchema: { type: 'object', properties } }
    const result = { pad: 'x'.repeat(size), tools: [tool] }
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result })
    tools.read(readMessage(text) as ResponseMessage)
  }
  const before = heapUsed()
  for (let at = 0; at < 9; at++) read(at)
  expect(heapUsed() - before).toBeLessThan(3 * size)
  expect(tools.parameters('t7')).toEqual([{ header: 'a', path: [argument(7)] }])
})
