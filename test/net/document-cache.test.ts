import { describe, expect, it } from 'vitest'
import { createDocumentCache, lifeOf } from '../../main/net/document-cache.ts'

const url = 'https://auth.example/.well-known/oauth-authorization-server'
const field = 'authorization_server_metadata'
const policy = { serverUrl: 'https://mcp.example/mcp' }
const now = Date.parse('2026-11-21T12:00:00Z')
const DAY = 86_400_000

describe('the life of a document', () => {
  it.each([
    ['nothing said', {}, 0],
    ['max-age', { 'cache-control': 'public, max-age=60' }, 60_000],
    ['max-age of a document with an age', { 'cache-control': 'max-age=60', age: '50' }, 10_000],
    ['an age beyond it', { 'cache-control': 'max-age=60', age: '90' }, 0],
    ['max-age before Expires', { 'cache-control': 'max-age=1', expires: '2027-01-01' }, 1000],
    ['a year', { 'cache-control': 'max-age=31536000' }, DAY],
    ['no-cache', { 'cache-control': 'no-cache, max-age=60' }, 0],
    ['no-store', { 'cache-control': 'No-Store' }, null],
    ['Vary: *', { 'cache-control': 'max-age=60', vary: '*' }, null],
    ['max-age twice', { 'cache-control': 'max-age=60, max-age=3600' }, 0],
    ['nonsense', { 'cache-control': 'max-age=soon' }, 0],
    ['a negative number', { 'cache-control': 'max-age=-1' }, 0],
    ['a shared cache only', { 'cache-control': 's-maxage=60' }, 0],
    [
      'Expires by its own date',
      { expires: 'Sat, 21 Nov 2026 10:01:00 GMT', date: 'Sat, 21 Nov 2026 10:00:00 GMT' },
      60_000,
    ],
    ['Expires by our clock', { expires: 'Sat, 21 Nov 2026 12:01:00 GMT' }, 60_000],
    ['Expires: 0', { expires: '0', date: 'Sat, 21 Nov 2026 10:00:00 GMT' }, 0],
  ])('%s', (_what, headers, life) => {
    expect(lifeOf(new Headers(headers as Record<string, string>), now)).toBe(life)
  })
})

interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string | null
}

function publisher(maxBytes?: number) {
  const time = { wall: now, awake: 0 }
  const asked: (string | null)[] = []
  let answer: Answer = {}
  const cache = createDocumentCache({
    clock: () => time.wall,
    monotonic: () => time.awake,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  })
  const fetch = async (_at: string | URL, init?: RequestInit) => {
    asked.push(new Headers(init?.headers).get('if-none-match'))
    const { status = 200, headers = { 'cache-control': 'max-age=60' }, body = '{"a":1}' } = answer
    return new Response(body, { status, headers })
  }
  return {
    time,
    asked,
    cache,
    answers: (next: Answer) => {
      answer = next
    },
    read: (at = url, under = policy) => cache.kept(fetch, at, field, under),
    ask: () => cache.asked(fetch, url, field, policy),
  }
}

describe('documents that are kept', () => {
  it('are read once while they are fresh, and nobody can change them for others', async () => {
    const { read, asked } = publisher()
    const first = await read()
    Object.assign(first.json as object, { a: 2 })
    expect((await read()).json).toEqual({ a: 1 })
    expect(asked).toEqual([null])
  })

  it('are over by whichever clock went further, and when a clock was set back', async () => {
    const { read, asked, time } = publisher()
    await read()
    time.awake += 60_000
    await read()
    time.wall += 60_000
    await read()
    time.wall -= 1
    await read()
    expect(asked).toHaveLength(4)
  })

  it('are another server’s business', async () => {
    const { read, asked } = publisher()
    await read()
    await read(url, { serverUrl: 'https://other.example/mcp' })
    await read(`${url}/x`)
    expect(asked).toHaveLength(3)
  })

  it('are asked for at once after they were forgotten', async () => {
    const { read, asked, cache } = publisher()
    await read()
    cache.forget({ serverUrl: 'https://other.example/mcp' })
    await read()
    expect(asked).toHaveLength(1)
    cache.forget(policy)
    await read()
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['an error', { status: 500 }],
    ['an absence', { status: 404 }],
    ['a page', { body: '<h1>Hello</h1>' }],
  ])('are never %s', async (_what, answer) => {
    const { read, asked, answers } = publisher()
    answers({ headers: { 'cache-control': 'max-age=60' }, ...answer })
    await read()
    await read()
    expect(asked).toHaveLength(2)
  })

  it('are gone when their publisher fails', async () => {
    const { read, ask, answers, asked } = publisher()
    await read()
    answers({ status: 500 })
    expect((await ask()).status).toBe(500)
    answers({})
    await read()
    expect(asked).toHaveLength(3)
  })

  it('live on by a 304, as long as that says', async () => {
    const { read, ask, asked, answers } = publisher()
    answers({ headers: { etag: '"v1"' } })
    await read()
    answers({ status: 304, body: null, headers: { 'cache-control': 'max-age=60' } })
    expect(await ask()).toMatchObject({ status: 200, json: { a: 1 } })
    expect((await read()).json).toEqual({ a: 1 })
    expect(asked).toEqual([null, '"v1"'])
  })

  it('are not revalidated by a tag that is none', async () => {
    const { read, asked, answers } = publisher()
    answers({ headers: { etag: 'v1 x', 'cache-control': 'no-cache' } })
    await read()
    await read()
    expect(asked).toEqual([null, null])
  })

  it('never fill more than their room: the oldest go', async () => {
    const { read, asked } = publisher(1000)
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => `${url}/${name}`)
    for (const one of all) await read(one)
    await read(all[4])
    expect(asked).toHaveLength(5)
    await read(all[0])
    expect(asked).toHaveLength(6)
  })
})
