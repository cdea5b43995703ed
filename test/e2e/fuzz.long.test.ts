import { afterAll, beforeAll, it } from 'vitest'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { fuzzHttp, fuzzIpc } from './support/fuzz-run.ts'

let keyring: Keyring
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
})
afterAll(() => keyring[Symbol.asyncDispose]())

it('survives 40,000 random inputs over HTTP', () => fuzzHttp(40_000, 1), 3_600_000)
it('survives 10,000 random inputs over IPC', () => fuzzIpc(10_000, 2, keyring.env), 3_600_000)
