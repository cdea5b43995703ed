import { expect, it } from 'vitest'
import { json, opened, startRemote } from '../support/remote.ts'
import { type Line, opening, remoteServer, startWorld } from '../support/world.ts'

/** The server's own list is remembered, what is held of it too: only what is approved is told from there. */

const tool = (description: string) => ({ name: 'x', description, inputSchema: { type: 'object' } })

async function descriptions(line: Line): Promise<unknown> {
  const { result } = (await line.call('tools/list')) as {
    result: { tools: { description: string }[]; _meta?: object }
  }
  const remembered = JSON.stringify(result._meta ?? {}).includes('warder/remembered')
  return { shown: result.tools.map(({ description }) => description), remembered }
}

it('a version that is not approved is not told from memory either', async () => {
  let description = 'v1'
  let gate: Promise<void> = Promise.resolve()
  await using remote = await startRemote(async (seen, response) => {
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.rpc?.startsWith('notifications/')) return response.writeHead(202).end()
    await gate
    if (response.destroyed) return
    if (seen.rpc === 'initialize')
      return json(response, seen.id, opened, { 'mcp-session-id': 'session-1' })
    return json(response, seen.id, JSON.stringify({ tools: [tool(description)] }))
  })
  await using world = await startWorld({ s: remoteServer(remote.url) }, undefined, undefined, {
    remembers: true,
  })
  /** Clients of other abilities have a memory of their own. */
  const connect = async (capabilities: object) => {
    const line = await world.line('s')
    await line.call('initialize', { ...opening, capabilities })
    line.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
    return line
  }
  const here = { shown: ['v1'], remembered: false }
  const first = await connect({})
  const other = await connect({ sampling: {} })
  expect(await descriptions(first)).toEqual(here)
  description = 'v2'
  expect(await descriptions(first)).toEqual({ shown: [], remembered: false })
  description = 'v1'
  expect(await descriptions(other)).toEqual(here)
  expect(world.house.pins?.word('s', 'x')).toBe('approved')

  const open = Promise.withResolvers<void>()
  gate = open.promise
  const third = await connect({})
  expect(await descriptions(third)).toEqual({ shown: [], remembered: true })
  const fourth = await connect({ sampling: {} })
  expect(await descriptions(fourth)).toEqual({ shown: ['v1'], remembered: true })
  open.resolve()
  for (const line of [first, other, third, fourth]) line.close()
})
