import { WarderError } from '../errors.ts'
import type { Helper, HelperProcess } from '../ports.ts'
import { keychainFailure } from './keychain-failure.ts'
import type { KeychainAnswer, KeychainRequest } from './keychain-protocol.ts'

/** keytar at arm's length: three operations on items, each of which ends, whatever the keychain does. */
export interface KeychainClient {
  /** @returns null for an item that is absent, and for one that is locked: keytar cannot tell */
  get(account: string): Promise<string | null>
  set(account: string, text: string): Promise<void>
  /** @returns false for an item that is absent, and for one that is locked */
  delete(account: string): Promise<boolean>
  close(): void
}

/** Calls `fire` after so many milliseconds, unless the returned function is called before. */
export type Timer = (milliseconds: number, fire: () => void) => () => void

export const systemTimer: Timer = (milliseconds, fire) => {
  const timer = setTimeout(fire, milliseconds)
  return () => clearTimeout(timer)
}

export interface KeychainClientOptions {
  readonly helper: Helper
  /** @see OpenVaultOptions.helperModule */
  readonly helperModule: string
  /** Milliseconds one operation may take, a person at a prompt included. */
  readonly timeout: number
  readonly timer: Timer
}

interface Waiting {
  settle(answer: KeychainAnswer): void
  fail(error: WarderError): void
}

/**
 * Starts the helper with the first operation and again after it ended. A helper that does not answer in time is killed
 * and takes every operation it held with it: none of them can be known to have happened or not.
 *
 * @throws WarderError (from the operations) `vault.absent`, `vault.locked`, `vault.timeout`, `vault.failed`
 */
export function createKeychainClient(options: KeychainClientOptions): KeychainClient {
  let running: { process: HelperProcess; waiting: Map<number, Waiting> } | undefined
  let lastId = 0
  let closed = false

  function start() {
    const process = options.helper.start(options.helperModule)
    const waiting = new Map<number, Waiting>()
    const started = { process, waiting }
    process.onMessage((message) => {
      const answer = message as KeychainAnswer
      waiting.get(answer.id)?.settle(answer)
    })
    process.onExit(() => end(started, helperEnded()))
    return started
  }

  function end(ended: NonNullable<typeof running>, error: WarderError) {
    if (running === ended) running = undefined
    ended.process.kill()
    for (const operation of [...ended.waiting.values()]) operation.fail(error)
  }

  function ask(request: DistributiveOmit<KeychainRequest, 'id'>): Promise<string | boolean | null> {
    if (closed) return Promise.reject(new WarderError('vault.failed', 'The vault is closed.'))
    running ??= start()
    const current = running
    const id = ++lastId
    return new Promise((resolve, reject) => {
      const cancel = options.timer(options.timeout, () => end(current, timedOut(options.timeout)))
      const done = () => {
        cancel()
        current.waiting.delete(id)
      }
      current.waiting.set(id, {
        settle(answer) {
          done()
          if ('result' in answer) return resolve(answer.result)
          const error = keychainFailure(answer.failure.stage, answer.failure.reason)
          reject(error)
          // A helper keeps a dead connection, and a library that did not load, for good: the next one starts afresh.
          if (error.code === 'vault.absent') end(current, error)
        },
        fail(error) {
          done()
          reject(error)
        },
      })
      current.process.send({ ...request, id } satisfies KeychainRequest)
    })
  }

  return {
    async get(account) {
      const result = await ask({ operation: 'get', account })
      return typeof result === 'string' ? result : null
    },
    async set(account, text) {
      await ask({ operation: 'set', account, text })
    },
    async delete(account) {
      return (await ask({ operation: 'delete', account })) === true
    },
    close() {
      closed = true
      if (running) end(running, new WarderError('vault.failed', 'The vault was closed.'))
    },
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

const helperEnded = () =>
  new WarderError(
    'vault.failed',
    'The helper that asks the keychain ended in the middle of an operation.',
  )

const timedOut = (timeout: number) =>
  new WarderError(
    'vault.timeout',
    `The keychain did not answer within ${Math.ceil(timeout / 1000)} s; a prompt may be waiting behind other windows.`,
  )
