import { describe, expect, it } from 'vitest'
import { json, opened, startRemote, usual } from './support/remote.ts'
import { opening, remoteServer, startWorld } from './support/world.ts'

/** MCP 2025-11-25, Elicitation, URL Elicitation Required Error. */

const urls = { elicitation: { form: {}, url: {} } }
const LINK = 'http://127.0.0.1:7/#/servers/s'

/** What a client of this opening is answered at a dead account, before and after its server could be reached. */
async function refusedAs(
  params: object,
  { alive = true, revision = '2025-11-25', page = 'http://127.0.0.1:7' as string | null } = {},
) {
  await using remote = await startRemote(({ rpc, id, ...seen }, response) =>
    rpc === 'initialize'
      ? json(response, id, opened.replace('2025-11-25', revision))
      : usual((one, answer) => json(answer, one.id, '{}'))({ rpc, id, ...seen }, response),
  )
  await using world = await startWorld({ s: remoteServer(remote.url, 'oauth') })
  world.parkSeconds = 0
  world.page = page
  world.tokens.set('s', 'a-token')
  if (!alive) world.dead.add('s')
  const line = await world.line('s')
  await line.call('initialize', { ...opening, ...params })
  line.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
  world.dead.add('s')
  const { error } = await line.call('tools/call', { name: 'pay' })
  const again = (await line.call('tools/call', { name: 'pay' })).error
  world.dead.delete('s')
  world.bridge.signedIn('s')
  const told = []
  const tells = (error as { code: number }).code === -32042 ? 4 : 3
  for (let index = 0; index < tells; index++) told.push(JSON.parse((await line.next()) ?? 'null'))
  line.close()
  return { error, again, told }
}

describe('a client that shows its person links', () => {
  it.each([
    ['once the server was open', { alive: true }],
    ['when Warder answered in the place of the server', { alive: false }],
  ])('is asked to show our own page, and told when it is done: %s', async (_when, more) => {
    const { error, again, told } = await refusedAs({ capabilities: urls }, more)
    expect(error).toMatchObject({
      code: -32042,
      data: {
        code: 'grant.sign_in_needed',
        link: LINK,
        elicitations: [
          { mode: 'url', url: LINK, message: expect.stringContaining('Sign in to s') },
        ],
      },
    })
    // Calls at the same server ask for the same sign-in.
    expect(again).toEqual(error)
    const { elicitationId } = (error as { data: { elicitations: [{ elicitationId: string }] } })
      .data.elicitations[0]
    expect(elicitationId).toMatch(/^[0-9a-f-]{36}$/)
    expect(told[0]).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/elicitation/complete',
      params: { elicitationId },
    })
    expect(told.slice(1).map(({ method }) => method)).toEqual([
      'notifications/tools/list_changed',
      'notifications/resources/list_changed',
      'notifications/prompts/list_changed',
    ])
  })
})

describe('a client is told in words only', () => {
  it.each<[string, object, object]>([
    ['that declares no elicitation', { capabilities: {} }, {}],
    ['that shows forms only', { capabilities: { elicitation: {} } }, {}],
    ['that writes something else there', { capabilities: { elicitation: { url: true } } }, {}],
    [
      'of an older revision',
      { capabilities: urls, protocolVersion: '2025-06-18' },
      { alive: false },
    ],
    ['whose server speaks an older one', { capabilities: urls }, { revision: '2025-06-18' }],
    ['where our page has no address', { capabilities: urls }, { page: null }],
  ])('%s', async (_who, params, more) => {
    const { error, told } = await refusedAs(params, more)
    expect(error).toMatchObject({ code: -32050, data: { code: 'grant.sign_in_needed' } })
    expect(JSON.stringify([error, told])).not.toContain('licitation')
  })
})
