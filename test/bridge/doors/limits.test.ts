import { expect, it } from 'vitest'
import { limits } from '../../../main/bridge/limits.ts'
import { json, startRemote, usual } from '../support/remote.ts'
import { type Line, remoteServer, startWorld } from '../support/world.ts'

/** The rows of docs/limits.md that no other test is about. */

const call = (id: number, filler = '') =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"x","arguments":{"a":"${filler}"}}}`

async function startScene() {
  const remote = await startRemote(
    usual(({ id, rpc }, response) => rpc !== 'tools/call' && json(response, id, '{}')),
  )
  const world = await startWorld({ s: remoteServer(remote.url) })
  return {
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await remote[Symbol.asyncDispose]()
    },
  }
}

it('so many calls of one session wait, one more is refused, and another session has its own', async () => {
  await using scene = await startScene()
  const [line, other] = [await scene.world.line('s'), await scene.world.line('s')]
  await Promise.all([line.open(), other.open()])
  for (let id = 0; id <= limits.inFlight; id++) line.send(call(id))
  const refused = JSON.parse((await line.next()) ?? '')
  expect(refused).toMatchObject({ error: { data: { code: 'bridge.busy' } } })
  // What tells the server that the opening is done may still be under way, and counts.
  expect([limits.inFlight - 1, limits.inFlight]).toContain(refused.id)
  expect(await other.call('resources/list')).toHaveProperty('result')
  line.close()
  other.close()
})

it('so many bytes of one session wait, and what is more is refused', async () => {
  await using scene = await startScene()
  const line = await scene.world.line('s')
  await line.open()
  const filler = 'a'.repeat(limits.messageBytes - 1024)
  const fit = Math.floor(limits.inFlightBytes / filler.length)
  for (let id = 0; id <= fit; id++) line.send(call(id, filler))
  expect(JSON.parse((await line.next()) ?? '')).toMatchObject({
    id: fit,
    error: { data: { code: 'bridge.busy' } },
  })
  line.close()
})

it('so many connections has the socket of one client, and another client has its own', async () => {
  await using scene = await startScene()
  const lines: Line[] = []
  for (let count = 0; count < limits.connectionsPerClient; count++)
    lines.push(await scene.world.line('s'))
  await lines.at(-1)?.open()
  const more = await scene.world.line(undefined)
  expect(await more.next()).toBeNull()
  const other = await scene.world.line('s', 'two')
  await other.open()
  for (const line of [...lines, other]) line.close()
})
