import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createDialer } from '../../main/net/dialer.ts'
import { fetchDocument } from '../../main/net/document.ts'
import type { UrlPolicy } from '../../main/net/url-policy.ts'
import { startServer } from './server.ts'
import { startStage } from './stage.ts'

const remote: UrlPolicy = { serverUrl: 'https://mcp.vendor.example/mcp' }
const local: UrlPolicy = { serverUrl: 'http://127.0.0.1:3000/mcp' }
const start = 'https://vendor.example/.well-known/oauth-protected-resource'

/** Answers `locations` one after the other, then a document. */
async function follow(locations: readonly string[], field: Parameters<typeof fetchDocument>[2]) {
  await using stage = await startStage(
    { 'inside.example': ['127.0.0.1'] },
    (_, response, count) => {
      const location = locations[count - 1]
      if (location === undefined) response.end('{"resource":"x"}')
      else response.writeHead(302, { location }).end()
    },
  )
  const attempt = fetchDocument(stage.dialer.fetch(remote), start, field, remote)
  const outcome = await attempt.catch((error: unknown) => error)
  return { outcome, requests: stage.requests.length, dialled: stage.dialled }
}

describe('redirects of a document', () => {
  it('are followed, by path and to another public host', async () => {
    const { outcome } = await follow(
      ['/moved', 'https://www.vendor.example/x'],
      'resource_metadata',
    )
    expect(outcome).toMatchObject({
      url: 'https://www.vendor.example/x',
      status: 200,
      json: { resource: 'x' },
    })
  })

  it.each([
    ['http://vendor.example/x'],
    ['https://10.0.0.1/x'],
    ['https://127.0.0.1/x'],
    ['https://intranet/x'],
    ['https://user@vendor.example/x'],
    ['file:///etc/passwd'],
    ['//evil.example/x'],
    ['/\\evil.example/x'],
    ['moved'],
    ['?moved'],
    [''],
    ['/a/../b'],
    [start],
  ])('are not followed to %j', async (location) => {
    const { outcome, requests } = await follow([location], 'resource_metadata')
    expect(outcome).toMatchObject({ code: 'net.url_refused' })
    expect(requests).toBe(1)
  })

  it('are dialled anew: a public name that leads inside is refused', async () => {
    const { outcome, dialled } = await follow(['https://inside.example/x'], 'resource_metadata')
    expect(outcome).toMatchObject({ code: 'net.address_refused' })
    expect(dialled).toHaveLength(1)
  })

  it('never leave https, not even for this machine', async () => {
    await using stage = await startStage({ localhost: ['127.0.0.1'] }, (_, response) => {
      response.writeHead(302, { location: 'http://localhost:4000/x' }).end()
    })
    const led = fetchDocument(stage.dialer.fetch(local), start, 'resource_metadata', local)
    await expect(led).rejects.toMatchObject({ code: 'net.url_refused' })
    expect(stage.requests).toHaveLength(1)
  })

  it('are four at most', async () => {
    const hops = (count: number) => Array.from({ length: count }, (_, hop) => `/hop-${hop}`)
    expect((await follow(hops(4), 'jwks_uri')).outcome).toMatchObject({ status: 200 })
    expect((await follow(hops(5), 'jwks_uri')).outcome).toMatchObject({ code: 'net.url_refused' })
  })

  it('are none where the field is no document', async () => {
    const { outcome, requests } = await follow(['/moved'], 'token_endpoint')
    expect(outcome).toMatchObject({ code: 'net.url_refused' })
    expect(requests).toBe(1)
  })
})

describe('the body of a document', () => {
  async function read(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
    await using server = await startServer((_, response) => {
      response.writeHead(status, headers).end(body)
    })
    const dialer = createDialer()
    const url = `http://127.0.0.1:${server.port}/`
    const attempt = fetchDocument(dialer.fetch(local), url, 'resource_metadata', local)
    const outcome = await attempt.catch((error: unknown) => error)
    await dialer.close()
    return outcome
  }

  it('is parsed where it is JSON, and undefined where it is not', async () => {
    expect(await read('{"a":1}')).toMatchObject({ status: 200, json: { a: 1 } })
    expect(await read('<html>')).toMatchObject({ status: 200, json: undefined })
    expect(await read(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ json: undefined })
    expect(await read('{"a":1}', {}, 404)).toMatchObject({ status: 404, json: undefined })
  })

  it('is refused beyond 256 kB, announced, unannounced or packed', async () => {
    const large = `"${'x'.repeat(256 * 1024)}"`
    const tooLarge = { code: 'net.too_large' }
    expect(await read(large)).toMatchObject(tooLarge)
    expect(await read(large, { 'transfer-encoding': 'chunked' })).toMatchObject(tooLarge)
    expect(await read(gzipSync(large), { 'content-encoding': 'gzip' })).toMatchObject(tooLarge)
    expect(await read(large.slice(3).replace(/^/, '"'))).toMatchObject({ status: 200 })
  })

  it('is refused beyond 32 levels', async () => {
    expect(await read('['.repeat(32) + ']'.repeat(32))).toMatchObject({ status: 200 })
    expect(await read('['.repeat(33) + ']'.repeat(33))).toMatchObject({ code: 'net.too_large' })
  })

  it('is given up when it only drips', async () => {
    const drips = new Set<NodeJS.Timeout>()
    await using server = await startServer((_, response) => {
      response.write('{')
      drips.add(setInterval(() => response.write(' '), 5))
    })
    const dialer = createDialer()
    const limits = { maxHops: 4, timeoutMs: 100, maxBytes: 1024, maxDepth: 32 }
    const url = `http://127.0.0.1:${server.port}/`
    const slow = fetchDocument(dialer.fetch(local), url, 'resource_metadata', local, limits)
    await expect(slow).rejects.toMatchObject({ code: 'net.unreachable' })
    for (const drip of drips) clearInterval(drip)
    await dialer.close()
  })
})
