import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { handleControlRequest } from '../../main/control/http.ts'
import type { Control } from '../../main/control/types.ts'
import { toWarderError, WarderError } from '../../main/errors.ts'
import { createEmitter } from '../../main/events.ts'
import {
  type Channel,
  channels,
  type EventName,
  type Events,
  type Output,
  type Parsed,
} from '../../preload/contract/index.ts'
import { testHome } from '../harness/home.ts'

export type Handlers = { [C in Channel]?: (input: Parsed<C>) => Output<C> | Promise<Output<C>> }

type Listeners = { [E in EventName]: [Events[E]] }

export interface StandIn extends AsyncDisposable {
  readonly home: string
  /** Every call as it arrived, in order: its channel and its parsed input. */
  readonly calls: { channel: string; input: unknown }[]
  emit<E extends EventName>(event: E, payload: Events[E]): void
  /** Resolves when the next listener of events has arrived. */
  listener(): Promise<void>
  /** Ends every connection and stops answering, as a companion that is killed does. */
  end(): void
}

/**
 * The far end of the control socket for tests of the command line: the real transport and the real contract, with the
 * answers of the test behind them. Input and answer are both held to the contract.
 */
export async function startStandIn(handlers: Handlers): Promise<StandIn> {
  const home = await testHome()
  const calls: StandIn['calls'] = []
  const emitter = createEmitter<Listeners>()
  let arrived = Promise.withResolvers<void>()

  const control: Control = {
    async call(channel, raw) {
      if (!isChannel(channel)) throw new WarderError('usage.unknown_channel', 'No such channel.')
      const input = channels[channel].input.safeParse(raw)
      if (!input.success) throw new WarderError('usage.invalid', input.error.message)
      calls.push({ channel, input: input.data })
      const handler = handlers[channel] as ((input: unknown) => unknown) | undefined
      if (handler === undefined) throw toWarderError(new Error(`no answer for ${channel}`))
      return channels[channel].output.parse(await handler(input.data))
    },
    on(event, listener) {
      arrived.resolve()
      return emitter.on(event, listener)
    },
  }
  const server = createServer((request, response) => {
    void handleControlRequest(control, request, response)
  })
  const socket = path.join(home.path, 'control.sock')
  server.listen(socket)
  await once(server, 'listening')
  await writeRunFile(home.path, socket)

  const end = () => {
    server.close()
    server.closeAllConnections()
  }
  return {
    home: home.path,
    calls,
    emit: (event, ...payload) => emitter.emit(event, ...(payload as never)),
    async listener() {
      await arrived.promise
      arrived = Promise.withResolvers()
    },
    end,
    async [Symbol.asyncDispose]() {
      end()
      await home[Symbol.asyncDispose]()
    },
  }
}

export function writeRunFile(home: string, control: string): Promise<void> {
  const run = { version: 1, control, clients: {}, http: '', argv: [], env: {}, pid: null }
  return writeFile(path.join(home, 'run.json'), JSON.stringify(run))
}

const isChannel = (name: string): name is Channel => Object.hasOwn(channels, name)

/** The handler of a call that widens trust: asks once, then does what it was confirmed to do. */
export function asksFirst<I extends { confirm?: string | undefined }, O>(
  challenge: { title: string; lines: string[] },
  answer: O,
): (input: I) => O {
  return (input) => {
    if (input.confirm === 'the-challenge') return answer
    throw new WarderError('presence.required', 'A person has to confirm this.', {
      details: { challenge: 'the-challenge', ...challenge },
    })
  }
}
