import { afterAll, beforeAll, expect, it } from 'vitest'
import { channels } from '../../preload/contract/index.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { contractCases, wayBack, wrongReply } from './support/contract-fuzz.ts'
import { fuzzHttp, fuzzIpc } from './support/fuzz-run.ts'

let keyring: Keyring
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
})
afterAll(() => keyring[Symbol.asyncDispose]())

it(
  'survives 1,400 random inputs over HTTP, opens nothing and tells no secret',
  () => fuzzHttp(1_400, 20261121),
  180_000,
)

it(
  'survives 600 random inputs over IPC, opens nothing and tells no secret',
  () => fuzzIpc(600, 20261122, keyring.env),
  180_000,
)

it('knows a reply that is none', () => {
  const one = { channel: 'servers:list', input: {} }
  expect(wrongReply(one, { output: [] })).toBeNull()
  expect(wrongReply(one, { error: { code: 'usage.invalid', message: 'x' } })).toBeNull()
  for (const reply of [
    { output: [{ name: 'x' }] },
    { output: undefined },
    { error: { code: 'internal.unexpected', message: 'x' } },
    { error: { code: 'made.up', message: 'x' } },
    { error: { code: 'usage.invalid', message: 'x', stack: 'at …' } },
    { error: 'text' },
  ])
    expect(wrongReply(one, reply)).not.toBeNull()
  expect(wrongReply({ channel: 'no:channel', input: {} }, { output: {} })).not.toBeNull()
  expect(wayBack({ channel: 'hold:lock', input: {} }, { output: {} })).toBe('hold:unlock')
})

it('asks every channel with input that does not fit, and nearly every one with input that does', () => {
  const cases = contractCases(2_000, 1, '/nowhere')
  const fitting = (wanted: boolean) =>
    Object.entries(channels).filter(([channel, { input }]) =>
      cases.some((one) => one.channel === channel && fitsSchema(input, one.input) === wanted),
    )
  const all = Object.keys(channels).length
  expect(fitting(false)).toHaveLength(all)
  // A channel may want what no generator makes up, such as an archive.
  expect(fitting(true).length).toBeGreaterThanOrEqual(all * 0.95)
})

/** As the companion has it: an object that makes the schema itself throw does not fit. */
function fitsSchema(schema: { safeParse(given: unknown): { success: boolean } }, given: unknown) {
  try {
    return schema.safeParse(given).success
  } catch {
    return false
  }
}
