import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDialer, type Lookup } from '../../main/net/dialer.ts'
import { fetchDocument } from '../../main/net/document.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { type Answer, startNameServer } from '../harness/dns.ts'

/**
 * Real packets from a name server, real sockets to two listeners of this machine at one port: one at an address that the
 * server was allowed, one next to it. What counts is that nobody ever connects to the other.
 */
const allowed = '127.0.0.5'
const forbidden = '127.0.0.9'
const policy: UrlPolicy = {
  serverUrl: 'https://mcp.vendor.example/mcp',
  allowPrivateNetwork: ['127.0.0.5/32'],
}
const refused = expect.objectContaining({ code: 'net.address_refused' })

let port: number
const servers: Server[] = []
const connections = { [allowed]: 0, [forbidden]: 0 }
let location: string | null = null

beforeAll(async () => {
  port = 0
  for (const address of [allowed, forbidden] as const) {
    const server = createServer((_request, response) => {
      response.setHeader('connection', 'close')
      if (location !== null) response.writeHead(302, { location })
      response.end('{}')
    })
    server.on('connection', () => connections[address]++)
    server.listen(port, address)
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    servers.push(server)
  }
})
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})

async function dialling<T>(
  lookup: Lookup,
  use: (fetch: ReturnType<ReturnType<typeof createDialer>['fetch']>) => Promise<T>,
): Promise<T> {
  const dialer = createDialer({ lookup })
  try {
    return await use(dialer.fetch(policy))
  } finally {
    await dialer.close()
    expect(connections[forbidden]).toBe(0)
  }
}

describe('a name that changes its mind', () => {
  it('reaches the address that was judged, and the next answer is judged anew', async () => {
    await using names = await startNameServer({
      'idp.localhost': [[{ a: allowed }], [{ a: forbidden }]],
    })
    const before = connections[allowed]
    await dialling(names.lookup, async (fetch) => {
      const url = `http://idp.localhost:${port}/`
      expect(await (await fetch(url)).text()).toBe('{}')
      await expect(fetch(url)).rejects.toEqual(refused)
    })
    expect(connections[allowed]).toBe(before + 1)
    expect(names.questions.filter((one) => one.endsWith(' A'))).toHaveLength(2)
  })

  it('is judged at each hop of a redirect', async () => {
    await using names = await startNameServer({
      'idp.localhost': [[{ a: allowed }]],
      'next.localhost': [[{ a: forbidden }]],
    })
    location = `http://next.localhost:${port}/`
    await dialling(names.lookup, async (fetch) => {
      const document = fetchDocument(fetch, `http://idp.localhost:${port}/`, 'jwks_uri', policy)
      await expect(document).rejects.toEqual(refused)
    })
    location = null
    expect(names.questions).toContain('next.localhost A')
  })
})

describe('an answer', () => {
  const cname = (...then: Answer[]): Answer => ({ cname: 'alias.evil.example', then })
  it.each<[string, Answer[]]>([
    ['with the forbidden address behind the allowed one', [{ a: allowed }, { a: forbidden }]],
    ['with the forbidden address first', [{ a: forbidden }, { a: allowed }]],
    ['with an allowed A and a forbidden AAAA', [{ a: allowed }, { aaaa: '::1' }]],
    ['with a metadata service in AAAA', [{ a: allowed }, { aaaa: 'fd00:ec2::254' }]],
    ['that is an alias of the forbidden address', [cname({ a: forbidden })]],
    ['that is an alias with both', [cname({ a: allowed }, { a: forbidden })]],
    ['that leaves this machine', [{ a: '93.184.216.34' }]],
    ['of none', []],
  ])('%s reaches nobody', async (_what, answer) => {
    await using names = await startNameServer({ 'idp.localhost': [answer] })
    const before = connections[allowed]
    await dialling(names.lookup, async (fetch) => {
      await expect(fetch(`http://idp.localhost:${port}/`)).rejects.toEqual(
        expect.objectContaining({
          code: answer.length === 0 ? 'net.unreachable' : 'net.address_refused',
        }),
      )
    })
    expect(connections[allowed]).toBe(before)
  })

  it('that is an alias of the allowed address is fine', async () => {
    await using names = await startNameServer({ 'idp.localhost': [[cname({ a: allowed })]] })
    await dialling(names.lookup, async (fetch) => {
      expect((await fetch(`http://idp.localhost:${port}/`)).status).toBe(200)
    })
  })

  it.each<[string, Answer[]]>([
    ['A', [{ a: allowed }]],
    ['an alias', [cname({ a: allowed })]],
  ])('of a name of the internet with %s in this machine reaches nobody', async (_what, answer) => {
    await using names = await startNameServer({ 'rebind.evil.example': [answer] })
    const before = connections[allowed]
    await dialling(names.lookup, async (fetch) => {
      await expect(fetch(`https://rebind.evil.example:${port}/`)).rejects.toEqual(refused)
    })
    expect(connections[allowed]).toBe(before)
  })
})

describe('a connection', () => {
  it('that one policy opened is not there for another', async () => {
    let connected = 0
    const server = createServer((_request, response) => response.end('{}'))
    server.on('connection', () => connected++)
    server.listen(0, allowed)
    await once(server, 'listening')
    const at = `http://idp.localhost:${(server.address() as AddressInfo).port}/`
    await using names = await startNameServer({ 'idp.localhost': [[{ a: allowed }]] })
    const dialer = createDialer({ lookup: names.lookup })
    const narrower = { ...policy, allowPrivateNetwork: ['127.0.0.6/32'] }
    await (await dialer.fetch(policy)(at)).text()
    await expect(dialer.fetch(narrower)(at)).rejects.toEqual(refused)
    await (await dialer.fetch(policy)(at)).text()
    expect(connected).toBe(1)
    await dialer.close()
    await server[Symbol.asyncDispose]()
  })
})
