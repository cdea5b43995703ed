import type { ChildProcess } from 'node:child_process'
import { jsonLine, spawnReady } from '../processes.ts'
import {
  type ControlMessage,
  type IdentityProvider,
  type ProviderRequest,
  type ProviderSecret,
  readyLine,
} from './types.ts'

type Order = ControlMessage extends infer M
  ? M extends { id: number }
    ? Omit<M, 'id'>
    : never
  : never

/** Starts the program of a provider and gives the test its handle. */
export async function startProvider(options: {
  readonly kind: IdentityProvider['kind']
  /** Absolute path of the program, which ends in `runProvider`. */
  readonly program: string
  /** Handed over in the environment, out of the argument vector: it may hold client secrets. */
  readonly settings: unknown
  readonly introspectionClient?: IdentityProvider['introspectionClient']
}): Promise<IdentityProvider> {
  const running = await spawnReady({
    command: process.execPath,
    args: [options.program],
    env: { PROVIDER_SETTINGS: JSON.stringify(options.settings) },
    ipc: true,
    announced: jsonLine(readyLine),
  })
  const send = orders(running.child)
  return {
    kind: options.kind,
    issuer: running.ready.issuer,
    port: running.ready.port,
    ...(options.introspectionClient && { introspectionClient: options.introspectionClient }),
    requests: async () => (await send({ do: 'requests' })) as ProviderRequest[],
    secrets: async () => (await send({ do: 'secrets' })) as ProviderSecret[],
    arrived: async (pathEnd, count = 1) => {
      await send({ do: 'arrived', pathEnd, count })
    },
    setCondition: async (condition, paths = []) => {
      await send({ do: 'condition', condition, paths: [...paths] })
    },
    acceptResource: async (resource) => {
      await send({ do: 'resource', resource })
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

/** One answer per order, told apart by a number. An order that the process did not outlive is rejected. */
function orders(child: ChildProcess): (order: Order) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  child.on('message', (answer: { id: number; result: unknown }) => {
    waiting.get(answer.id)?.resolve(answer.result)
    waiting.delete(answer.id)
  })
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The provider has ended.'))
  })
  return (order) => {
    const answer = Promise.withResolvers<unknown>()
    last += 1
    waiting.set(last, answer)
    child.send({ id: last, ...order }, (error) => error && answer.reject(error))
    return answer.promise
  }
}
