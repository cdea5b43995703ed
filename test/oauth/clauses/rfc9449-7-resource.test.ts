import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { createDpopKey, openDpop } from '../../../main/oauth/dpop.ts'
import { json, type Remote, type Seen, startRemote, usual } from '../../bridge/support/remote.ts'
import { localServer, remoteServer, startWorld, type World } from '../../bridge/support/world.ts'
import { readProof, tokenHash } from '../../harness/dpop-proof.ts'

const call = { name: 'pay', arguments: { amount: 1 } }

/** A world whose account at `s` has a bound token. */
async function boundWorld(remote: Remote, headers?: Record<string, string>): Promise<World> {
  const world = await startWorld({
    s: { ...remoteServer(remote.url, 'oauth'), ...(headers && { headers }) },
  })
  world.tokens.set('s', 'the-token')
  world.keys.set('s', openDpop(createDpopKey(), Date.now))
  world.renewed = async () => 'renewed-token'
  return world
}

const claimsOf = async ({ headers }: Seen) => (await readProof(headers.dpop)).claims

function refuse(response: ServerResponse, challenge: string, more: Record<string, string> = {}) {
  response.writeHead(401, { 'www-authenticate': challenge, ...more }).end()
}

const outcomes = (world: World) =>
  world.house
    .rows()
    .filter((row) => row.method === 'tools/call' && row.phase === 'outcome')
    .map((row) => [row.outcome, row.code])

describe('every request to a resource with a bound token (RFC 9449 §7.1)', () => {
  it('has a proof of its own: calls, notifications, the stream, the goodbye', async () => {
    await using remote = await startRemote(
      usual(({ id }, response) => json(response, id, '{"content":[]}')),
    )
    await using world = await boundWorld(remote, { Authorization: 'Bearer planted', DPoP: 'x' })
    const line = await world.line('s')
    await line.open()
    await line.call('tools/call', call)
    await line.call('tools/call', call)
    line.close()
    await expect.poll(() => remote.seen.some(({ method }) => method === 'DELETE')).toBe(true)
    expect(new Set(remote.seen.map(({ method }) => method))).toEqual(
      new Set(['POST', 'GET', 'DELETE']),
    )
    const proofs = await Promise.all(remote.seen.map(claimsOf))
    for (const [index, { method, headers }] of remote.seen.entries()) {
      expect(headers.authorization).toBe('DPoP the-token')
      const about = { htm: method, htu: remote.url, ath: tokenHash('the-token') }
      expect(proofs[index]).toMatchObject(about)
    }
    expect(new Set(proofs.map(({ jti }) => jti)).size).toBe(remote.seen.length)
  })
})

describe('a server that asks for a bearer token later (§7.2)', () => {
  it('gets none: the call is refused, and nothing is renewed', async () => {
    await using remote = await startRemote(
      usual((_seen, response) => refuse(response, 'Bearer error="invalid_token"')),
    )
    await using world = await boundWorld(remote)
    world.renewed = () => Promise.reject(new Error('must not be asked for'))
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'oauth.dpop_downgrade' } },
    })
    expect(remote.of('tools/call')).toHaveLength(1)
    expect(
      remote.seen.filter(({ headers }) => /^bearer/i.test(headers.authorization ?? '')),
    ).toEqual([])
    line.close()
  })
})

describe('a server that refuses', () => {
  it('the token, gets a renewed one with a proof', async () => {
    await using remote = await startRemote(
      usual(({ headers, id }, response) =>
        headers.authorization === 'DPoP the-token'
          ? refuse(response, 'DPoP error="invalid_token"')
          : json(response, id, '{"content":[]}'),
      ),
    )
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({ result: {} })
    const [, again] = remote.of('tools/call')
    expect(again?.headers.authorization).toBe('DPoP renewed-token')
    expect(again && (await claimsOf(again)).ath).toBe(tokenHash('renewed-token'))
    line.close()
  })

  it('the proof, ends the call: no other token would help, and the clocks may differ', async () => {
    const date = new Date(Date.now() + 600_000).toUTCString()
    await using remote = await startRemote(
      usual((_seen, response) => refuse(response, 'DPoP error="invalid_dpop_proof"', { date })),
    )
    await using world = await boundWorld(remote)
    world.renewed = () => Promise.reject(new Error('must not be asked for'))
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: { message: expect.stringMatching(/clock is \d+ seconds ahead of/) },
    })
    expect(remote.of('tools/call')).toHaveLength(1)
    line.close()
  })
})

describe('a server that wants a nonce (§9)', () => {
  /** Takes calls with the nonce of the moment only. */
  const wanting = (nonce: () => string) =>
    startRemote(async (seen, response) => {
      const { nonce: given } = await claimsOf(seen)
      if (given !== nonce())
        return refuse(response, 'DPoP error="use_dpop_nonce"', { 'dpop-nonce': nonce() })
      return usual(({ id }, answer) => json(answer, id, '{"content":[]}'))(seen, response)
    })

  it('gets the call once more with it, as a call of its own, and the token is kept', async () => {
    let nonce = 'n-1'
    await using remote = await wanting(() => nonce)
    await using world = await boundWorld(remote)
    world.renewed = () => Promise.reject(new Error('must not be asked for'))
    const line = await world.line('s')
    await line.open()
    await line.call('tools/call', call)
    nonce = 'n-2'
    expect(await line.call('tools/call', call)).toMatchObject({ result: {} })
    const nonces = await Promise.all(remote.of('tools/call').map(claimsOf))
    expect(nonces.map(({ nonce }) => nonce)).toEqual(['n-1', 'n-1', 'n-2'])
    expect(outcomes(world)).toEqual([
      ['ok', null],
      ['error', 'nonce-wanted'],
      ['ok', null],
    ])
    expect(remote.of('initialize')).toHaveLength(2)
    line.close()
  })

  it('is given up when it wants another one each time', async () => {
    let count = 0
    await using remote = await startRemote(
      usual((_seen, response) =>
        refuse(response, 'DPoP error="use_dpop_nonce"', { 'dpop-nonce': `n-${++count}` }),
      ),
    )
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.refused' } },
    })
    expect(count).toBe(2)
    line.close()
  })

  it('is given up at once when it names none', async () => {
    await using remote = await startRemote(
      usual((_seen, response) => refuse(response, 'DPoP error="use_dpop_nonce"')),
    )
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({
      error: { data: { code: 'server.refused' } },
    })
    expect(remote.of('tools/call')).toHaveLength(1)
    line.close()
  })

  it('can have the token renewed besides', async () => {
    await using remote = await startRemote(
      usual(async (seen, response) => {
        if ((await claimsOf(seen)).nonce !== 'n-1')
          return refuse(response, 'DPoP error="use_dpop_nonce"', { 'dpop-nonce': 'n-1' })
        if (seen.headers.authorization === 'DPoP the-token')
          return refuse(response, 'DPoP error="invalid_token"')
        return json(response, seen.id, '{"content":[]}')
      }),
    )
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    expect(await line.call('tools/call', call)).toMatchObject({ result: {} })
    expect(outcomes(world).map(([, code]) => code)).toEqual(['nonce-wanted', 'unauthorized', null])
    line.close()
  })

  it('may hand out the next one with any answer (§8.2)', async () => {
    let count = 0
    await using remote = await startRemote((seen, response) =>
      usual(({ id }, answer) =>
        json(answer, id, '{"content":[]}', { 'dpop-nonce': `n-${++count}` }),
      )(seen, response),
    )
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    for (let calls = 0; calls < 3; calls++) await line.call('tools/call', call)
    const nonces = await Promise.all(remote.of('tools/call').map(claimsOf))
    expect(nonces.map(({ nonce }) => nonce)).toEqual([undefined, 'n-1', 'n-2'])
    line.close()
  })

  it.each(['a"b', 'a\\b', 'x'.repeat(2000)])('is not obeyed with what is no nonce', async (odd) => {
    await using remote = await startRemote(
      usual(({ id }, response) => json(response, id, '{"content":[]}', { 'dpop-nonce': odd })),
    )
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    await line.call('tools/call', call)
    await line.call('tools/call', call)
    const nonces = await Promise.all(remote.of('tools/call').map(claimsOf))
    expect(nonces.map(({ nonce }) => nonce)).toEqual([undefined, undefined])
    line.close()
  })

  it('gets its stream taken up with it', async () => {
    let nonce = 'n-1'
    await using remote = await startRemote(async (seen, response) => {
      if (seen.method === 'GET') {
        nonce = 'n-2'
        if ((await claimsOf(seen)).nonce !== nonce)
          return refuse(response, 'DPoP error="use_dpop_nonce"', { 'dpop-nonce': nonce })
        return response.writeHead(405).end()
      }
      return usual(({ id }, answer) => json(answer, id, '{"content":[]}'))(seen, response)
    })
    await using world = await boundWorld(remote)
    const line = await world.line('s')
    await line.open()
    await expect.poll(() => remote.seen.filter(({ method }) => method === 'GET').length).toBe(2)
    line.close()
  })
})

describe('the bound token of another server', () => {
  it('goes into no environment and no header, where it would be good for nothing', async () => {
    await using world = await startWorld({
      other: remoteServer('https://mcp.example.test/mcp', 'oauth'),
      child: localServer('process.stdin.resume()', { TOKEN: 'grant:other' }),
    })
    world.tokens.set('other', 'the-token')
    world.keys.set('other', openDpop(createDpopKey(), Date.now))
    const line = await world.line('child')
    const answer = await line.call('initialize', {})
    expect(JSON.stringify(answer)).toContain('grant.bound')
    expect(world.running()).toEqual([])
    line.close()
  })
})
