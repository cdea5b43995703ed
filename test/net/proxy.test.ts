import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDialer, type Dialer, type Lookup } from '../../main/net/dialer.ts'
import { isBypassed, isProxyText, proxyOfEnvironment } from '../../main/net/proxy.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { type Authority, createAuthority } from '../harness/certificates.ts'
import { type ConnectProxy, startConnectProxy } from '../harness/connect-proxy.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { isTinyproxyHere, startTinyproxy } from '../harness/tinyproxy.ts'
import { type SecureServer, startSecureServer } from './secure-server.ts'
import { startServer } from './server.ts'

const host = 'mcp.vendor.example'
const url = `https://${host}/mcp`
const policy: UrlPolicy = { serverUrl: url }
const code = (name: string) => expect.objectContaining({ code: name })

let home: TestHome
let authority: Authority
let origin: SecureServer
beforeAll(async () => {
  home = await testHome()
  authority = await createAuthority(home.path, 'Test Root')
  // Read at the first TLS connection of this process.
  process.env.SSL_CERT_FILE = authority.file
  origin = await startSecureServer(await authority.issue(host))
})
afterAll(async () => {
  await origin[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

const notFound: Lookup = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))

/** What this machine's resolver says; without an entry, nothing. */
const resolver =
  (names: Readonly<Record<string, readonly string[]>>): Lookup =>
  async (name) => {
    const addresses = names[name]
    if (addresses === undefined) return notFound(name)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }

function dialerBehind(
  env: Readonly<Record<string, string>>,
  lookup: Lookup = notFound,
): Dialer & AsyncDisposable {
  const dialer = createDialer({ lookup, proxy: () => proxyOfEnvironment(env) })
  return { ...dialer, [Symbol.asyncDispose]: () => dialer.close() }
}

const openProxy = (options: Partial<Parameters<typeof startConnectProxy>[0]> = {}) =>
  startConnectProxy({ reach: () => origin.port, ...options })

describe('a host of the internet behind a proxy', () => {
  it('is reached through a tunnel, by name, with TLS to the host itself', async () => {
    await using proxy = await openProxy()
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url })
    const before = origin.names.length
    const response = await dialer.fetch(policy)(url, {
      headers: { authorization: 'Bearer canary' },
    })
    expect(await response.text()).toBe('hello')
    expect(proxy.asked).toEqual([`${host}:443`])
    expect(proxy.authorizations).toEqual([undefined])
    expect(origin.names.slice(before)).toEqual([host])
    expect(proxy.sent().length).toBeGreaterThan(0)
    expect(proxy.sent().includes('canary')).toBe(false)
  })

  it('is no other host because the proxy says so', async () => {
    await using impostor = await startSecureServer(await authority.issue('evil.example'))
    await using proxy = await openProxy({ reach: () => impostor.port })
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url })
    await expect(dialer.fetch(policy)(url)).rejects.toEqual(code('net.tls_wrong_host'))
    expect(impostor.requests).toEqual([])
  })

  it('gets no byte that a proxy put in front of its own', async () => {
    await using proxy = await openProxy({ first: 'HTTP/1.1 200 OK\r\n\r\n' })
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url })
    const failed = dialer.fetch(policy)(url)
    await expect(failed).rejects.toEqual(
      expect.objectContaining({ code: expect.stringMatching(/^net\./) }),
    )
  })

  it('is asked for by its port, and by its address where the URL has one', async () => {
    await using proxy = await openProxy({ status: 403 })
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url })
    for (const at of [`https://${host}:8443/`, 'https://93.184.216.34/', 'https://[2606:2800::1]/'])
      await expect(dialer.fetch(policy)(at)).rejects.toEqual(code('net.proxy_refused'))
    expect(proxy.asked).toEqual([`${host}:8443`, '93.184.216.34:443', '[2606:2800::1]:443'])
  })
})

describe('the guard behind a proxy', () => {
  it.each([
    ['10.0.0.1'],
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['93.184.216.34', '10.0.0.1'],
    ['93.184.216.34', '::1'],
  ])('refuses a name that resolves here to %s %s', async (...addresses) => {
    await using proxy = await openProxy()
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url }, resolver({ [host]: addresses }))
    await expect(dialer.fetch(policy)(url)).rejects.toEqual(code('net.address_refused'))
    expect(proxy.connections()).toBe(0)
  })

  it.each([
    ...['https://10.0.0.1/', 'https://127.0.0.1/', 'https://169.254.169.254/', 'https://[::1]/'],
    ...['http://mcp.vendor.example/', 'https://localhost/', 'https://idp.corp.internal/'],
    ...['https://metadata.google.internal/', 'https://wiki/', 'http://169.254.169.254/'],
  ])('never names %s to the proxy', async (target) => {
    await using proxy = await openProxy()
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url })
    await expect(dialer.fetch(policy)(target)).rejects.toThrow()
    expect(proxy.connections()).toBe(0)
  })

  it('lets a name through that resolves to the internet, by name', async () => {
    await using proxy = await openProxy()
    const lookup = resolver({ [host]: ['93.184.216.34'] })
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url }, lookup)
    expect((await dialer.fetch(policy)(url)).status).toBe(200)
    expect(proxy.asked).toEqual([`${host}:443`])
  })

  it('dials this machine and allowed networks directly', async () => {
    await using server = await startServer((_request, response) => response.end('here'))
    await using proxy = await openProxy()
    const lookup = resolver({ localhost: ['127.0.0.1'] })
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url }, lookup)
    const local = `http://localhost:${server.port}/`
    const own = { serverUrl: url, allowPrivateNetwork: ['127.0.0.1/32'] }
    for (const allowed of [{ serverUrl: local }, own])
      expect(await (await dialer.fetch(allowed)(local)).text()).toBe('here')
    expect(proxy.connections()).toBe(0)
  })

  it('dials a name of the internet directly that leads into an allowed network', async () => {
    const dialled: string[] = []
    await using proxy = await openProxy()
    await using dialer = dialerBehind({ HTTPS_PROXY: proxy.url }, async (name) => {
      dialled.push(name)
      // Nobody answers there: what counts is that the proxy is not asked.
      return [{ address: 'fd12:ffff::1', family: 6 }]
    })
    const own = { serverUrl: url, allowPrivateNetwork: ['fd12::/16'] }
    await expect(dialer.fetch(own)(url, { signal: AbortSignal.timeout(500) })).rejects.toEqual(
      code('net.unreachable'),
    )
    expect(dialled).toEqual([host, host])
    expect(proxy.connections()).toBe(0)
  })

  it('dials directly what NO_PROXY names, and still judges it', async () => {
    await using proxy = await openProxy()
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'vendor.example' }
    await using dialer = dialerBehind(env, resolver({ [host]: ['10.0.0.1'] }))
    await expect(dialer.fetch(policy)(url)).rejects.toEqual(code('net.address_refused'))
    expect(proxy.connections()).toBe(0)
  })
})

describe('the credentials for a proxy', () => {
  it('of its URL are given to it, and to nobody else', async () => {
    await using proxy = await openProxy({ credentials: 'me:p@ss word' })
    await using dialer = dialerBehind({
      https_proxy: `http://me:p%40ss%20word@127.0.0.1:${proxy.port}`,
    })
    expect((await dialer.fetch(policy)(url)).status).toBe(200)
    expect(origin.requests.join()).not.toContain('Basic')
  })

  it('that are missing or wrong are an error of their own', async () => {
    await using proxy = await openProxy({ credentials: 'me:right' })
    for (const [user, message] of [
      ['', `The proxy 127.0.0.1:${proxy.port} wants credentials.`],
      [
        'me:wrong@',
        `The proxy 127.0.0.1:${proxy.port} does not accept the credentials that it was given.`,
      ],
    ] as const) {
      await using dialer = dialerBehind({ HTTPS_PROXY: `http://${user}127.0.0.1:${proxy.port}` })
      const failed = dialer.fetch(policy)(url)
      await expect(failed).rejects.toEqual(
        expect.objectContaining({ code: 'net.proxy_auth', message }),
      )
    }
  })

  it('are told to whoever masks them', () => {
    const told: string[] = []
    proxyOfEnvironment({ HTTPS_PROXY: 'http://me:p%40ss@p.example' }, (value) => told.push(value))
    expect(told).toEqual(['p@ss', Buffer.from('me:p@ss').toString('base64')])
  })
})

describe('a proxy that fails', () => {
  async function failure(proxy: ConnectProxy | string, lookup?: Lookup) {
    const at = typeof proxy === 'string' ? proxy : proxy.url
    await using dialer = dialerBehind({ HTTPS_PROXY: at }, lookup)
    return await dialer
      .fetch(policy)(url)
      .then(
        () => null,
        ({ code, message }) => ({ code, message }),
      )
  }

  it('is down', async () => {
    const proxy = await openProxy()
    await proxy[Symbol.asyncDispose]()
    expect(await failure(proxy)).toEqual({
      code: 'net.proxy_unreachable',
      message: `The proxy 127.0.0.1:${proxy.port} could not be reached.`,
    })
    expect(await failure('http://proxy.corp.example:3128')).toEqual({
      code: 'net.proxy_unreachable',
      message: 'The proxy proxy.corp.example:3128 could not be reached.',
    })
  })

  it('never answers', async () => {
    await using proxy = await openProxy({ status: null })
    expect(await failure(proxy)).toEqual({
      code: 'net.proxy_unreachable',
      message: `The proxy 127.0.0.1:${proxy.port} did not answer in time.`,
    })
  })

  it.each([403, 502, 301])('answers %i', async (status) => {
    await using proxy = await openProxy({ status })
    expect(await failure(proxy)).toEqual({
      code: 'net.proxy_refused',
      message: `The proxy 127.0.0.1:${proxy.port} did not open the way to the host: it answered ${status}.`,
    })
  })

  it('lies where nothing is dialled', async () => {
    const lookup = resolver({ 'proxy.evil.example': ['169.254.169.254'] })
    expect(await failure('http://proxy.evil.example', lookup)).toMatchObject({
      code: 'net.address_refused',
    })
  })
})

describe('tinyproxy', () => {
  it('opens tunnels for whoever has the password', async ({ skip }) => {
    skip(!isTinyproxyHere(), 'tinyproxy is not installed')
    await using internet = await openProxy()
    const credentials = ['me', 'right'] as const
    await using proxy = await startTinyproxy({ upstream: internet.port, credentials })
    const at = (user: string) => ({ HTTPS_PROXY: `http://${user}127.0.0.1:${proxy.port}` })
    await using dialer = dialerBehind(at('me:right@'))
    expect(await (await dialer.fetch(policy)(url)).text()).toBe('hello')
    expect(internet.asked).toEqual([`${host}:443`])
    for (const user of ['', 'me:wrong@']) {
      await using other = dialerBehind(at(user))
      await expect(other.fetch(policy)(url)).rejects.toEqual(code('net.proxy_auth'))
    }
    expect(internet.asked).toHaveLength(1)
  })
})

describe('the environment', () => {
  const at = (env: Record<string, string>) => proxyOfEnvironment(env)?.url.href ?? null

  it('names the proxy in the usual variables', () => {
    expect(at({})).toBeNull()
    expect(at({ HTTPS_PROXY: 'http://a.example:1' })).toBe('http://a.example:1/')
    expect(at({ HTTP_PROXY: 'a.example:1' })).toBe('http://a.example:1/')
    expect(at({ HTTPS_PROXY: 'http://a.example', https_proxy: 'https://b.example' })).toBe(
      'https://b.example/',
    )
    expect(at({ HTTPS_PROXY: '', HTTP_PROXY: 'http://a.example' })).toBeNull()
    expect(at({ ALL_PROXY: 'http://a.example' })).toBeNull()
  })

  it.each([
    ...['socks5://a.example', 'http://', 'http://a.example/path', 'http://a.example?x'],
    ...['http://169.254.169.254', 'http://%zz@a.example', 'file:///a', 'http://a b'],
  ])('is refused with %j, and nothing goes out past it', async (value) => {
    expect(() => proxyOfEnvironment({ HTTPS_PROXY: value })).toThrow('HTTPS_PROXY')
    const lookup = resolver({ [host]: ['93.184.216.34'] })
    await using dialer = dialerBehind({ HTTPS_PROXY: value }, lookup)
    await expect(dialer.fetch(policy)(url)).rejects.toEqual(code('net.proxy_invalid'))
  })

  it('makes exceptions as other programs read them', () => {
    const bypass = ['*.corp.example', '.lan.example', 'api.example:8443', '192.0.2.1', '10.0.0.0/8']
    const yes = [
      ...['corp.example', 'a.corp.example', 'A.CORP.EXAMPLE', 'x.lan.example', '192.0.2.1'],
      ...['10.1.2.3', 'api.example:8443'],
    ]
    const no = [
      'notcorp.example',
      'corp.example.evil.example',
      'api.example',
      '192.0.2.11',
      '11.0.0.1',
    ]
    const judge = (entry: string) => {
      const [name = '', port = ''] = entry.split(':')
      return isBypassed(bypass, name, port)
    }
    expect(yes.filter((entry) => !judge(entry))).toEqual([])
    expect(no.filter(judge)).toEqual([])
    expect(isBypassed(['*'], 'any.example', '')).toBe(true)
    expect(isBypassed(['[2606:2800::1]:443'], '[2606:2800::1]', '')).toBe(true)
  })

  it('is no place for a password in a setting', () => {
    expect(isProxyText('http://proxy.corp.example:3128')).toBe(true)
    for (const text of [
      'http://me@p.example',
      'http://me:x@p.example',
      'http://@p.example',
      'p:3128',
    ])
      expect(isProxyText(text)).toBe(false)
  })
})
