import { expect, it } from 'vitest'
import { keyId, verify } from '../../main/audit/signing.ts'
import type { ControlHouse } from '../../main/control/house.ts'
import { stopHandlers } from '../../main/control/stop.ts'
import { WarderError } from '../../main/errors.ts'
import type { Output } from '../../preload/contract/index.ts'
import { refusal, startWorld, type World } from './world.ts'

const opening = {
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  },
}

const call = async (world: World, bearer: string, session?: string) => {
  const answer = await fetch(`${world.companion.http}/mcp/notes`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bearer}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      ...(session === undefined ? opening : { method: 'tools/list' }),
    }),
  })
  const { status, headers } = answer
  return { status, text: await answer.text(), session: headers.get('mcp-session-id') ?? '' }
}

async function withClient(world: World): Promise<string> {
  const { bearer } = (await world.agree('clients:add', { name: 'desk' })) as Output<'clients:add'>
  return bearer
}

it('voids every bearer at once; the client stays, and a new bearer is refused with the stable code until a person resumes', async () => {
  await using world = await startWorld()
  const bearer = await withClient(world)
  const record = (await world.call('stop:now', {})) as Output<'stop:now'>
  expect(record.clients).toEqual([{ name: 'desk', bearer: 'void', sessionsCut: 0 }])
  expect((await call(world, bearer)).status).toBe(401)
  expect(await world.call('clients:list', {})).toMatchObject([{ name: 'desk' }])

  const renewed = (await world.agree('clients:renew', { name: 'desk' })) as Output<'clients:renew'>
  expect((await call(world, bearer)).status).toBe(401)
  // One that is refused at the opening gives the server up; this one learns of the stop and stays.
  const opened = await call(world, renewed.bearer)
  expect(opened.text).toContain('Everything is stopped until a person resumes')
  const next = () => call(world, renewed.bearer, opened.session)
  expect((await next()).text).toContain('policy.stopped')
  expect(await world.call('audit:query', {})).toMatchObject(
    ['tools/list', 'initialize'].flatMap((method) => [
      { method, outcome: 'denied', code: 'policy.stopped' },
      { method, decision: 'deny', rule: 'everything is stopped' },
    ]),
  )

  await world.agree('stop:resume', {})
  expect((await next()).text).not.toContain('policy.stopped')
  expect(await world.call('stop:records', {})).toMatchObject([
    { id: record.id, resumedAt: expect.any(String) },
  ])
})

it('narrows, so it asks nobody; resuming and a new bearer widen', async () => {
  await using world = await startWorld()
  await withClient(world)
  await world.call('stop:now', {})
  await refusal(world.call('stop:resume', {}), 'presence.required')
  await refusal(world.call('clients:renew', { name: 'desk' }), 'presence.required')
  expect(await world.call('status:get', {})).toMatchObject({ stopped: expect.any(String) })
})

it('lists what it cannot revoke, and lets nobody sign in', async () => {
  await using world = await startWorld()
  await world.call('secrets:set', { name: 'notes-key', value: 'a-static-secret' })
  const { secrets } = (await world.call('stop:now', {})) as Output<'stop:now'>
  expect(secrets).toMatchObject([
    { name: 'notes-key', note: expect.stringContaining('cannot revoke') },
  ])
  await refusal(world.call('accounts:connect', { server: 'notes' }), 'policy.stopped')
})

it('leaves a record that is signed and exported', async () => {
  await using world = await startWorld()
  const { id } = (await world.call('stop:now', {})) as Output<'stop:now'>
  const { records, keys } = (await world.call('receipts:export', {})) as Output<'receipts:export'>
  const [record] = records
  expect(record?.document).toMatchObject({ kind: 'stop', id, content: { id } })
  const publicKey = keys[record?.key ?? ''] ?? ''
  expect(keyId(publicKey)).toBe(record?.key)
  expect(verify(record?.document, publicKey, record?.signature ?? '')).toBe(true)
})

it('gives up sign-ins, cuts streams and ends local servers also where the disk cannot be written, and says so', async () => {
  const did: string[] = []
  const full = new WarderError('store.unwritable', 'The disk is full.')
  const handlers = stopHandlers({
    stop: {
      current: () => null,
      begin() {
        throw full
      },
    },
    runtime: {
      endAll: async () => void did.push('end'),
    },
    bridge: { sessions: () => [], cutAll: async () => void did.push('cut') },
    grants: { on: () => () => {}, abandon: () => void did.push('abandon') },
  } as unknown as ControlHouse)
  await expect(handlers['stop:now']({})).rejects.toBe(full)
  expect(did.sort()).toEqual(['abandon', 'cut', 'end'])
})

it('goes on with the record of the stop that is in force', async () => {
  await using world = await startWorld()
  await withClient(world)
  const first = (await world.call('stop:now', {})) as Output<'stop:now'>
  const { bearer } = (await world.agree('clients:renew', {
    name: 'desk',
  })) as Output<'clients:renew'>
  const second = (await world.call('stop:now', {})) as Output<'stop:now'>
  expect(second).toMatchObject({ id: first.id, at: first.at, localMs: first.localMs })
  expect((await call(world, bearer)).status).toBe(401)
  expect(await world.call('stop:records', {})).toEqual([
    { ...second, signature: expect.objectContaining({ signature: expect.any(String) }) },
  ])
})
