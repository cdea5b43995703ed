import { expect, it } from 'vitest'
import { type Connection, createConnection } from '../../main/bridge/connection.ts'
import { type RequestMessage, readMessage } from '../../main/bridge/envelope.ts'
import type { Credential, Upstream } from '../../main/bridge/upstream/upstream.ts'
import { serverSchema } from '../../main/store/config-schema.ts'
import { nothing } from './support/direct.ts'

const initialize = readMessage(
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}',
) as RequestMessage

type Options = Parameters<typeof createConnection>[0]

const connectionTo = (
  credential: Credential,
  options: Pick<Options, 'connect'> & Partial<Options>,
): Connection =>
  createConnection({
    lookup: () => credential.server,
    asker: { client: 'desk', folder: null },
    injector: { headers: async () => credential, environment: async () => credential },
    stopped: () => null,
    revoked: () => false,
    events: { onMessage: () => {}, onClosed: () => {} },
    ...options,
  })

it('starts no local server that was let go of while the one before it was ending', async () => {
  const server = { name: 'files', definition: serverSchema.parse({ command: '/bin/files' }) }
  const credential = { ...nothing, server, environment: { KEY: 'secret' } }
  const gone = Promise.withResolvers<void>()
  let started = 0
  const upstream: Upstream = {
    request: async () => readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as never,
    send: async () => {},
    close: () => gone.promise,
  }
  const connection = connectionTo(credential, {
    connect: async () => {
      started++
      return upstream
    },
  })
  const open = () => connection.request(initialize, '1', credential, new AbortController().signal)
  await open()
  const ending = connection.reset()
  const next = open().catch(({ code }: { code: string }) => code)
  const cut = connection.reset()
  gone.resolve()
  await Promise.all([ending, cut])
  expect(await next).toBe('server.ended')
  expect(started).toBe(1)
})

it('keeps no secret of a local server that runs, and does not go on with one whose definition has changed', async () => {
  const serverOf = (command: string) => ({ name: 's', definition: serverSchema.parse({ command }) })
  let server = serverOf('/bin/a')
  const connection = connectionTo(nothing, {
    lookup: () => server,
    injector: {
      headers: async () => nothing,
      environment: async () => ({ ...nothing, server, environment: { KEY: 'secret' } }),
    },
    connect: async () => ({
      request: async () => readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as never,
      send: async () => {},
      close: async () => {},
    }),
  })
  const { signal } = new AbortController()
  const opened = connection.request(initialize, '1', await connection.inject(), signal)
  // Before its first message has gone out, and after.
  expect(await connection.inject()).toMatchObject({ server, environment: null })
  await opened
  expect(await connection.inject()).toMatchObject({ server, environment: null })
  server = serverOf('/bin/b')
  const next = await connection.inject()
  expect(next.server).toBe(server)
  const ping = readMessage('{"jsonrpc":"2.0","id":2,"method":"ping"}') as RequestMessage
  await expect(connection.request(ping, '2', next, signal)).rejects.toMatchObject({
    reason: 'session-expired',
  })
  await connection.close()
})

it.each(['breaks', 'refuses it'])(
  'keeps no room for a subscription where its server %s',
  async (how) => {
    let held = 0
    const connection = connectionTo(nothing, {
      connect: async () => ({
        async request(text) {
          if (!text.includes('subscribe'))
            return readMessage('{"jsonrpc":"2.0","id":1,"result":{}}') as never
          expect(held).toBeGreaterThan(0)
          if (how === 'breaks') throw new Error('it broke')
          return readMessage('{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"no"}}') as never
        },
        send: async () => {},
        close: async () => {},
      }),
      room: {
        take(bytes) {
          held += bytes
          return true
        },
        give(bytes) {
          held -= bytes
        },
      },
    })
    const ask = (message: RequestMessage) =>
      connection.request(message, '1', nothing, new AbortController().signal)
    await ask(initialize)
    const subscribe = readMessage(
      '{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"x:1"}}',
    ) as RequestMessage
    const [end] = await Promise.allSettled([ask(subscribe)])
    expect(end).toMatchObject(
      how === 'breaks' ? { reason: { message: 'it broke' } } : { value: { kind: 'response' } },
    )
    expect(held).toBe(0)
  },
)
