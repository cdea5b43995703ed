import { expect, it } from 'vitest'
import type { Dialer } from '../../main/net/dialer.ts'
import { howToInstall } from '../../main/updates/install.ts'
import { type Place, placeOf } from '../../main/updates/releases.ts'
import { createUpdates } from '../../main/updates/updates.ts'
import { refusal } from '../control/world.ts'

const DAY = 24 * 60 * 60_000
const place = placeOf('github:warder/warder')

/** A feed that is turned by hand, on a clock that is. */
function start(options: { place?: Place | null; kept?: Map<string, string> } = {}) {
  const kept = options.kept ?? new Map<string, string>()
  const feed = { version: '0.1.0', down: false, asked: 0 }
  const at = { now: 1_700_000_000_000 }
  let tick = () => {}
  const dialer = {
    fetch: () => async () => {
      feed.asked += 1
      if (feed.down) return new Response(null, { status: 503 })
      const location = `${place}/releases/tag/v${feed.version}`
      return new Response(null, { status: 302, headers: { location } })
    },
  } as unknown as Dialer
  const updates = createUpdates({
    place: 'place' in options ? (options.place ?? null) : place,
    version: '0.1.0',
    dialer,
    meta: {
      get: (name) => kept.get(name),
      set: (name, value) => void kept.set(name, value),
    },
    clock: () => at.now,
    every(_ms, work) {
      tick = work
      return () => {
        tick = () => {}
      }
    },
  })
  const found: string[] = []
  updates.events.on('found', (version) => found.push(version))
  const hour = async () => {
    tick()
    await new Promise(setImmediate)
  }
  return { updates, feed, at, found, kept, hour }
}

it('looks nowhere by itself until a person wants that, and then once a day', async () => {
  const { updates, feed, at, hour } = start()
  await hour()
  expect(feed.asked).toBe(0)
  expect(updates.state()).toMatchObject({ daily: false, lookedAt: null, newer: null })

  updates.lookDaily(true)
  await hour()
  await hour()
  expect(feed.asked).toBe(1)
  at.now += DAY - 1
  await hour()
  expect(feed.asked).toBe(1)
  at.now += 1
  await hour()
  expect(feed.asked).toBe(2)

  updates.lookDaily(false)
  at.now += 2 * DAY
  await hour()
  expect(feed.asked).toBe(2)
})

it('looks when a person asks, and tells of each newer version once, over restarts too', async () => {
  const { updates, feed, found, kept } = start()
  await updates.look()
  expect([updates.state().newer, found]).toEqual([null, []])
  feed.version = '0.2.0'
  await updates.look()
  await updates.look()
  expect(updates.state().newer).toEqual({
    version: '0.2.0',
    page: 'https://github.com/warder/warder/releases/tag/v0.2.0',
  })
  const later = start({ kept })
  expect(later.updates.state().newer?.version).toBe('0.2.0')
  later.feed.version = '0.2.0'
  await later.updates.look()
  expect([found, later.found]).toEqual([['0.2.0'], []])
})

it('says why it could not tell, and keeps what it knew', async () => {
  const { updates, feed, hour, at } = start()
  feed.version = '0.2.0'
  await updates.look()
  feed.down = true
  await refusal(updates.look(), 'update.unreadable')
  expect(updates.state()).toMatchObject({
    newer: { version: '0.2.0' },
    problem: expect.stringContaining('503'),
  })
  updates.lookDaily(true)
  at.now += DAY
  await hour()
  feed.down = false
  await hour()
  expect(updates.state().problem).toBeNull()
})

it('believes no version of another place that a kept value names', () => {
  const kept = new Map([['updates_newest', '9.9.9/../../evil']])
  expect(start({ kept }).updates.state().newer).toBeNull()
})

it('looks nowhere where the build knows no place', async () => {
  const { updates, feed, hour } = start({ place: null, kept: new Map([['updates_daily', 'on']]) })
  await hour()
  await refusal(updates.look(), 'update.no_place')
  expect(() => updates.lookDaily(true)).toThrow(
    expect.objectContaining({ code: 'update.no_place' }),
  )
  expect(feed.asked).toBe(0)
  expect(updates.state()).toMatchObject({ place: null, daily: false, newer: null })
})

it('looks no more once it is closed', async () => {
  const { updates, feed, hour } = start({ kept: new Map([['updates_daily', 'on']]) })
  updates.close()
  await hour()
  expect(feed.asked).toBe(0)
})

it('names the way of each kind of package', () => {
  const ways = (['dmg', 'nsis', 'appimage', 'package', 'sources'] as const).map((packaging) =>
    howToInstall(packaging, place),
  )
  expect(new Set(ways).size).toBe(ways.length)
  expect(ways[3]).toContain('gh attestation verify FILE --repo warder/warder')
})
