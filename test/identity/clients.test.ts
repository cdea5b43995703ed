import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createClients, digestOf } from '../../main/identity/clients.ts'
import { currentUser } from '../../main/identity/principals.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

async function open() {
  const home = await testHome()
  const state = openState(home.path)
  let now = 1_000
  return {
    home: home.path,
    state,
    clients: createClients({ state, clock: () => now++ }),
    async [Symbol.asyncDispose]() {
      state.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

describe('the clients', () => {
  it('are known by a bearer of 256 bits, of which nothing but the hash is kept', async () => {
    await using opened = await open()
    const { clients, state } = opened
    const [one, two] = [clients.add('cursor'), clients.add('claude')]
    expect(one).toMatch(/^wdr_[\w-]{43}$/)
    expect(two).not.toBe(one)
    expect(clients.byDigest(digestOf(one))).toBe('cursor')
    expect(clients.byDigest(digestOf(two))).toBe('claude')

    // Everything that was written lies in the database file then, and no longer beside it.
    state.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
    const written = readFileSync(path.join(opened.home, 'state.db'))
    expect(written.includes('cursor')).toBe(true)
    const secret = one.slice('wdr_'.length)
    for (const form of [
      one,
      secret,
      Buffer.from(secret, 'base64url'),
      Buffer.from(one).toString('hex'),
    ])
      expect(written.includes(form)).toBe(false)
  })

  it('are nobody for any other bearer', async () => {
    await using opened = await open()
    const { clients } = opened
    const bearer = clients.add('cursor')
    const guesses = [
      '',
      'wdr_',
      bearer.slice(0, -1),
      `${bearer}A`,
      bearer.toUpperCase(),
      ` ${bearer}`,
      "' OR 1=1 --",
    ]
    for (const guess of guesses) expect(clients.byDigest(digestOf(guess))).toBeNull()
  })

  it('are there once, are seen, and are void at once when removed', async () => {
    await using opened = await open()
    const { clients } = opened
    const bearer = clients.add('cursor')
    expect(() => clients.add('cursor')).toThrow(expect.objectContaining({ code: 'client.exists' }))
    expect(clients.list()).toEqual([{ name: 'cursor', addedAt: 1_000, lastSeenAt: null }])
    clients.seen('cursor')
    clients.seen('nobody')
    expect(clients.list()).toEqual([{ name: 'cursor', addedAt: 1_000, lastSeenAt: 1_001 }])
    expect(clients.has('cursor')).toBe(true)
    clients.remove('cursor')
    expect(clients.has('cursor')).toBe(false)
    expect(clients.byDigest(digestOf(bearer))).toBeNull()
    expect(() => clients.remove('cursor')).toThrow(
      expect.objectContaining({ code: 'client.unknown' }),
    )
    expect(clients.add('cursor')).not.toBe(bearer)
  })
})

describe('the user', () => {
  it('is the operating system’s', () => {
    expect(currentUser()).toBe(os.userInfo().username)
  })
})
