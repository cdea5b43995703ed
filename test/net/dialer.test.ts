import { afterEach, describe, expect, it } from 'vitest'
import { createBriefMap } from '../../main/bridge/brief-map.ts'
import { readText } from '../../main/bridge/upstream/event-stream.ts'
import { exchange } from '../../main/bridge/upstream/exchange.ts'
import { createDialer, type Dialer, type Lookup } from '../../main/net/dialer.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { startServer } from './server.ts'
import { somewhere, startStage } from './stage.ts'

const remote: UrlPolicy = { serverUrl: 'https://mcp.vendor.example/mcp' }
const local: UrlPolicy = { serverUrl: 'http://localhost:3000/mcp' }
const refused = expect.objectContaining({ code: 'net.address_refused' })
const unreachable = expect.objectContaining({ code: 'net.unreachable' })

const dialers: Dialer[] = []
afterEach(() => Promise.all(dialers.splice(0).map((dialer) => dialer.close())))

/** A dialer with real sockets; each name has these addresses. */
function dialerWith(...addresses: string[]): { dialer: Dialer; asked: string[] } {
  const asked: string[] = []
  const lookup: Lookup = async (name) => {
    asked.push(name)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  const dialer = createDialer({ lookup })
  dialers.push(dialer)
  return { dialer, asked }
}

const hello = () => startServer((_request, response) => response.end('hello'))

describe('a server on this machine', () => {
  it('reaches this machine, by address and by name', async () => {
    await using server = await hello()
    const { dialer, asked } = dialerWith('127.0.0.1')
    const fetch = dialer.fetch(local)
    for (const host of ['127.0.0.1', 'localhost', 'idp.localhost']) {
      const response = await fetch(`http://${host}:${server.port}/`)
      expect(await response.text()).toBe('hello')
    }
    expect(asked).toEqual(['localhost', 'idp.localhost'])
  })

  it('keeps its connections, and resolves once for each', async () => {
    await using server = await hello()
    const { dialer, asked } = dialerWith('127.0.0.1')
    const url = `http://localhost:${server.port}/`
    for (let turn = 0; turn < 8; turn++) await (await dialer.fetch(local)(url)).text()
    expect(server.requests()).toBe(8)
    expect(server.connections()).toBeLessThan(8)
    expect(asked).toHaveLength(server.connections())
  })

  it('does not reach it by a name of the internet', async () => {
    await using server = await hello()
    const { dialer } = dialerWith('127.0.0.1')
    const url = `https://rebind.evil.example:${server.port}/`
    await expect(dialer.fetch(local)(url)).rejects.toEqual(refused)
    expect(server.connections()).toBe(0)
  })

  it.each(['10.0.0.1', '169.254.169.254', somewhere])(
    'is not led from localhost to %s',
    async (to) => {
      const { dialer, asked } = dialerWith(to)
      await expect(dialer.fetch(local)('http://localhost:9999/')).rejects.toEqual(refused)
      expect(asked).toEqual(['localhost'])
    },
  )
})

describe('a server elsewhere', () => {
  it('does not reach this machine, by no name and no address', async () => {
    await using server = await hello()
    const { dialer } = dialerWith('127.0.0.1')
    for (const origin of [
      'http://127.0.0.1',
      'https://127.0.0.1',
      'https://[::1]',
      'http://localhost',
    ])
      await expect(dialer.fetch(remote)(`${origin}:${server.port}/`)).rejects.toEqual(refused)
    for (const name of ['localhost', '127.0.0.1.nip.example', 'rebind.evil.example'])
      await expect(dialer.fetch(remote)(`https://${name}:${server.port}/`)).rejects.toEqual(refused)
    expect(server.connections()).toBe(0)
  })

  it('is refused as a whole where one of its addresses is', async () => {
    await using server = await hello()
    const { dialer } = dialerWith(somewhere, '127.0.0.1')
    const url = `https://mixed.evil.example:${server.port}/`
    await expect(dialer.fetch(remote)(url)).rejects.toEqual(refused)
    expect(server.connections()).toBe(0)
  })

  it.each([
    ...['10.0.0.1', '100.64.0.1', '169.254.169.254', '0.0.0.0', '192.0.2.1', '224.0.0.1'],
    ...['::', '::1', '::7f00:1', '::ffff:93.184.216.34', 'fe80::1', 'fe80::1%lo', 'fd00:ec2::254'],
    ...['64:ff9b::7f00:1', '64:ff9b:1::1', '2002:5db8:d822::', '2001::1', '2001:db8::1', 'ff02::1'],
    ...['4000::1', 'not an address', ''],
  ])('is not dialled at %j', async (address) => {
    await using stage = await startStage({ 'x.example': [address] }, (_, response) =>
      response.end(),
    )
    await expect(stage.dialer.fetch(remote)('https://x.example/')).rejects.toEqual(refused)
    expect(stage.dialled).toEqual([])
  })

  it.each([somewhere, '2606:2800:220:1:248:1893:25c8:1946', '64:ff9b::5db8:d822'])(
    'is dialled at %j',
    async (address) => {
      await using stage = await startStage({ 'x.example': [address] }, (_, response) =>
        response.end(),
      )
      expect((await stage.dialer.fetch(remote)('https://x.example/')).status).toBe(200)
      expect(stage.dialled).toEqual([address])
    },
  )

  it('never speaks http, not even to a public host', async () => {
    await using stage = await startStage({}, (_, response) => response.end())
    for (const policy of [remote, local])
      await expect(stage.dialer.fetch(policy)('http://x.example/')).rejects.toEqual(refused)
    expect(stage.asked).toEqual([])
  })

  it('is dialled at the address that was checked, whatever the resolver says next', async () => {
    await using stage = await startStage(
      { 'rebind.example': [[somewhere], ['127.0.0.1']] },
      (_, response) => response.setHeader('connection', 'close').end(),
    )
    const fetch = stage.dialer.fetch(remote)
    await (await fetch('https://rebind.example/')).text()
    expect([stage.asked.length, stage.dialled]).toEqual([1, [somewhere]])
    await expect(fetch('https://rebind.example/')).rejects.toEqual(refused)
    expect(stage.dialled).toEqual([somewhere])
  })

  it('in the user’s own network is dialled where that is allowed, for that host', async () => {
    await using stage = await startStage(
      { 'idp.acme.example': ['10.1.2.3'], 'other.acme.example': ['10.1.2.3'] },
      (_, response) => response.end(),
    )
    const whole = stage.dialer.fetch({ ...remote, allowPrivateNetwork: true })
    const one = stage.dialer.fetch({ ...remote, allowPrivateNetwork: ['idp.acme.example'] })
    expect((await whole('https://other.acme.example/')).status).toBe(200)
    expect((await one('https://idp.acme.example/')).status).toBe(200)
    await expect(one('https://other.acme.example/')).rejects.toEqual(refused)
    await expect(stage.dialer.fetch(remote)('https://idp.acme.example/')).rejects.toEqual(refused)
  })
})

describe('the answer', () => {
  it('is the redirect itself, with every method', async () => {
    await using stage = await startStage({}, (_, response) => {
      response.writeHead(307, { location: 'https://evil.example/token' }).end()
    })
    const post = {
      method: 'POST',
      body: new URLSearchParams({ code: 'x' }),
      redirect: 'follow',
    } as const
    for (const init of [{}, post]) {
      const response = await stage.dialer.fetch(remote)('https://idp.example/token', init)
      expect(response.status).toBe(307)
    }
    expect(stage.requests).toEqual(['GET idp.example/token', 'POST idp.example/token'])
  })

  it('is net.unreachable where nobody listens, nobody has that name, or TLS is not spoken', async () => {
    const server = await hello()
    const { dialer } = dialerWith('127.0.0.1')
    await expect(dialer.fetch(local)(`https://127.0.0.1:${server.port}/`)).rejects.toEqual(
      unreachable,
    )
    await server[Symbol.asyncDispose]()
    await expect(dialer.fetch(local)(`http://127.0.0.1:${server.port}/`)).rejects.toEqual(
      unreachable,
    )
    const nameless = dialerWith().dialer
    await expect(nameless.fetch(remote)('https://nobody.example/')).rejects.toEqual(unreachable)
  })

  it('is the caller’s own reason where the caller gave up, and net.unreachable after a deadline', async () => {
    await using server = await startServer(() => {})
    const { dialer } = dialerWith()
    const url = `http://127.0.0.1:${server.port}/`
    const reason = new Error('changed my mind')
    await expect(dialer.fetch(local)(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
    await expect(dialer.fetch(local)(url, { signal: AbortSignal.timeout(50) })).rejects.toEqual(
      unreachable,
    )
  })
})

describe('the dispatcher', () => {
  it('has the same guard and gives the same error', async () => {
    await using server = await hello()
    const { dialer } = dialerWith('127.0.0.1')
    const origin = `http://127.0.0.1:${server.port}`
    const ask = (policy: UrlPolicy) => {
      const asked = { origin, path: '/', method: 'GET', headers: {} } as const
      const never = new AbortController().signal
      const patience = { headersTimeout: 0, bodyTimeout: 0 }
      return exchange(dialer.dispatcher(policy), { ...asked, ...patience }, never, createBriefMap())
    }
    const answer = await ask(local)
    expect(await readText(answer.body)).toBe('hello')
    await expect(ask(remote)).rejects.toEqual(refused)
    expect(server.requests()).toBe(1)
  })

  it('is shared by the servers of one policy, and by no others', () => {
    const { dialer } = dialerWith()
    const shared = dialer.dispatcher(remote)
    expect(dialer.dispatcher({ serverUrl: 'https://other.example/' })).toBe(shared)
    expect(dialer.dispatcher(local)).not.toBe(shared)
    expect(dialer.dispatcher({ ...remote, allowPrivateNetwork: true })).not.toBe(shared)
    expect(dialer.dispatcher({ ...remote, allowPrivateNetwork: ['a.example'] })).not.toBe(shared)
  })
})
