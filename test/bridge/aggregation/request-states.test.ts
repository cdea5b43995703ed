import { expect, it } from 'vitest'
import { post, type Wish } from '../support/alone.ts'
import { sessionServer } from '../support/session-server.ts'
import { startWorld, type World } from '../support/world.ts'

/** A server with sessions whose tool and whose resource ask something before they answer, and say who they are. */
const asking = (name: string) =>
  sessionServer(
    `(message, { send, answer }) => {
      const { method, params, id, result } = message
      if (method === 'tools/list') answer({ tools: [{ name: 'ask', inputSchema: { type: 'object' } }] })
      else if (method === 'resources/list') answer({ resources: [{ uri: 'x:/1', name: 'n' }] })
      else if (method === 'resources/templates/list') answer({ resourceTemplates: [] })
      else if (method !== undefined && id !== undefined) {
        globalThis.waiting = id
        send({ id: 1, method: 'elicitation/create', params: { message: 'sure?', requestedSchema: { type: 'object', properties: {} } } })
      } else if (result !== undefined) send({ id: globalThis.waiting, result: { of: ${JSON.stringify(name)}, contents: [], content: [] } })
    }`,
    { tools: {}, resources: {} },
  )

const WISH: Wish = { server: null, capabilities: { elicitation: { form: {} } } }
const yes = { 1: { action: 'accept', content: {} } }

async function ask(world: World, method: string, params: Record<string, unknown>) {
  const { answer } = await post(world, method, params, WISH)
  return answer
}

it('a question is answered at the server that asked it, by the name of its tool', async () => {
  await using world = await startWorld({ a: asking('a'), b: asking('b') })
  const { result } = await ask(world, 'tools/call', { name: 'b__ask' })
  expect(result).toMatchObject({ resultType: 'input_required' })
  const again = { inputResponses: yes, requestState: result?.requestState }
  // The other server is not even asked.
  const astray = await ask(world, 'tools/call', { name: 'a__ask', ...again })
  expect(astray.error?.code).toBe(-32602)
  expect(world.running()).toEqual(['b'])
  const last = await ask(world, 'tools/call', { name: 'b__ask', ...again })
  expect(last.result).toMatchObject({ resultType: 'complete', of: 'b' })
})

it('a question about a resource that is another server’s by now goes back to the one that asked it', async () => {
  const [a, b] = [asking('a'), asking('b')]
  await using world = await startWorld({ b })
  const { result } = await ask(world, 'resources/read', { uri: 'x:/1' })
  expect(result).toMatchObject({ resultType: 'input_required' })
  world.servers = { a, b }
  world.bridge.announce()
  const again = { inputResponses: yes, requestState: result?.requestState }
  const last = await ask(world, 'resources/read', { uri: 'x:/1', ...again })
  expect(last.result).toMatchObject({ resultType: 'complete', of: 'b' })
  const fresh = await ask(world, 'resources/read', { uri: 'x:/1' })
  const other = { inputResponses: yes, requestState: fresh.result?.requestState }
  const own = await ask(world, 'resources/read', { uri: 'x:/1', ...other })
  expect(own.result).toMatchObject({ of: 'a' })
})

it.each(['"none"', '"b/none"', '"b/\\"forged\\""', '7'])(
  'a state that was not given opens nothing: %s',
  async (state) => {
    await using world = await startWorld({ b: asking('b') })
    const requestState = JSON.parse(state)
    const answer = await ask(world, 'tools/call', {
      name: 'b__ask',
      inputResponses: yes,
      requestState,
    })
    expect(answer.error).toBeDefined()
    expect(answer.result).toBeUndefined()
  },
)
