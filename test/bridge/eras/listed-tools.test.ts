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
