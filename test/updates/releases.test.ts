import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createDialer } from '../../main/net/dialer.ts'
import { isNewer, newestRelease, type Place, pageOf, placeOf } from '../../main/updates/releases.ts'
import { refusal } from '../control/world.ts'

/** A place of releases on loopback, and what it was sent. */
async function startPlace(answer: (place: string) => { status: number; location?: string }) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    const { status, location } = answer(place)
    response.writeHead(status, location === undefined ? {} : { location })
    response.end('<html>a page that nobody reads')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const place = placeOf('github:warder/warder', base) as Place
  const dialer = createDialer()
  return {
    place,
    seen,
    look: () => newestRelease(dialer, place),
    async [Symbol.asyncDispose]() {
      await dialer.close()
      await new Promise((closed) => server.close(closed))
    },
  }
}

describe('the newest release', () => {
  it('is asked for with one GET that says nothing of this Warder', async () => {
    await using there = await startPlace((place) => ({
      status: 302,
      location: `${place}/releases/tag/v1.20.3`,
    }))
    expect(await there.look()).toBe('1.20.3')
    expect(there.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /warder/warder/releases/latest',
    ])
    const headers = there.seen[0]?.headers ?? {}
    expect(headers['user-agent']).toBe('warder')
    for (const name of ['cookie', 'authorization', 'referer', 'from'])
      expect(headers).not.toHaveProperty(name)
  })

  it('is none where nothing was released', async () => {
    await using there = await startPlace((place) => ({
      status: 302,
      location: `${place}/releases`,
    }))
    expect(await there.look()).toBeNull()
  })

  it.each([
    ['another place', 302, () => 'https://elsewhere.example/releases/tag/v9.9.9'],
    ['another project', 302, (place: string) => `${place}-evil/releases/tag/v9.9.9`],
    ['what is no version', 302, (place: string) => `${place}/releases/tag/v9.9.9-beta`],
    ['a path behind it', 302, (place: string) => `${place}/releases/tag/v9.9.9/../../x`],
    ['another tag', 302, (place: string) => `${place}/releases/tag/9.9.9`],
    ['a move for good', 301, (place: string) => `${place}/releases/tag/v9.9.9`],
    ['a page', 200, () => undefined],
    ['nothing', 404, () => undefined],
  ])('is not believed where it leads to %s', async (_what, status, location) => {
    await using there = await startPlace((place) => {
      const target = location(place)
      return { status, ...(target !== undefined && { location: target }) }
    })
    await refusal(there.look(), 'update.unreadable')
    expect(there.seen).toHaveLength(1)
  })
})

describe('the place', () => {
  it.each([
    'github:warder/warder',
    'https://github.com/warder/warder',
    'git+https://github.com/warder/warder.git',
    { type: 'git', url: 'git+https://github.com/warder/warder.git' },
  ])('is read of %j', (repository) => {
    const place = placeOf(repository)
    expect(place).toBe('https://github.com/warder/warder')
    expect(pageOf(place as Place, '1.2.3')).toBe(
      'https://github.com/warder/warder/releases/tag/v1.2.3',
    )
  })

  it.each([
    undefined,
    null,
    '',
    'warder/warder',
    'https://elsewhere.example/warder/warder',
    'https://github.com/warder/../evil',
    'https://github.com/warder/warder/x',
    'https://github.com/warder/warder?x',
    { url: 7 },
  ])('is none of %j', (repository) => expect(placeOf(repository)).toBeNull())
})

it('tells which of two versions is newer', () => {
  expect(isNewer('1.10.0', '1.9.9')).toBe(true)
  expect(isNewer('2.0.0', '1.99.99')).toBe(true)
  expect(isNewer('1.2.4', '1.2.3')).toBe(true)
  for (const [one, other] of [
    ['1.2.3', '1.2.3'],
    ['1.2.3', '1.10.0'],
    ['', '0.1.0'],
    ['9.9.9-beta', '0.1.0'],
    ['9.9', '0.1.0'],
  ] as const)
    expect(isNewer(one, other)).toBe(false)
})
