import { describe, expect, it } from 'vitest'
import { receiptLines } from '../../main/cli/receipt-lines.ts'
import type { ReceiptView, StopRecord } from '../../preload/contract/index.ts'
import { startStandIn } from './stand-in.ts'
import { receiptSample } from './views.ts'
import { document, warder } from './warder.ts'

const failedHere: ReceiptView = {
  ...receiptSample,
  steps: receiptSample.steps.map((step) =>
    step.step === 'local' ? { ...step, outcome: 'failed' as const } : step,
  ),
}

describe('revoke', () => {
  it.each([
    [['linear/ada@example.com'], { account: 'linear/ada@example.com' }],
    [['--server', 'linear'], { server: 'linear' }],
    [['--client', 'cursor'], { client: 'cursor' }],
  ])('%j asks for exactly that, without a question', async (args, input) => {
    await using companion = await startStandIn({ 'accounts:revoke': () => [receiptSample] })
    const done = await warder(['revoke', ...args, '--json', '--home', companion.home])
    expect(done.code).toBe(0)
    expect(document(done)).toEqual([receiptSample])
    expect(companion.calls).toEqual([{ channel: 'accounts:revoke', input }])
  })

  it.each([[[]], [['a', '--all']], [['--server', 'a', '--client', 'b']]])(
    '%j is not clear, so nothing is sent',
    async (args) => {
      const failed = await warder(['revoke', ...args, '--home', '/nonexistent'])
      expect(failed.code).toBe(2)
    },
  )

  it('says in words what was done, what is tried again and what may live on', async () => {
    await using companion = await startStandIn({ 'accounts:revoke': () => [receiptSample] })
    const { stdout } = await warder(['revoke', '--server', 'linear', '--home', companion.home])
    expect(stdout).toContain(
      'linear/ada@example.com: out of use here; the provider has not confirmed yet',
    )
    expect(stdout).toContain('on this machine: done. Out of use.')
    expect(stdout).toContain(
      'refresh token: pending. The provider did not answer as it should. [https://auth.linear.example/revoke 503]',
    )
    expect(stdout).toContain('may live on: The access token may live until 10:00.')
  })

  it('exits 1 with its receipts where the account is still usable here', async () => {
    await using companion = await startStandIn({
      'accounts:revoke': () => [receiptSample, failedHere],
    })
    const failed = await warder([
      'revoke',
      '--server',
      'linear',
      '--json',
      '--home',
      companion.home,
    ])
    expect(failed.code).toBe(1)
    expect(document(failed)).toEqual([receiptSample, failedHere])
  })

  it.each([
    [['--server', 'linear'], 'Done. No account had a token to revoke.\n'],
    [['--client', 'zed'], 'The client zed is shut out; its socket and bearer are void.\n'],
  ])('%j is done where no account was involved', async (args, stdout) => {
    await using companion = await startStandIn({ 'accounts:revoke': () => [] })
    const done = await warder(['revoke', ...args, '--home', companion.home])
    expect(done).toEqual({ code: 0, stdout, stderr: '' })
  })
})

describe('revoke --all', () => {
  it('stops everything and answers with its record, without a question', async () => {
    const record: StopRecord = {
      id: 'stop-1',
      at: '2026-11-21T12:00:00.000Z',
      localMs: 12,
      resumedAt: null,
      grants: [{ account: 'a/b', receipt: 'r', state: 'pending', remains: 'Until noon.' }],
      clients: [{ name: 'desk', bearer: 'void', sessionsCut: 1 }],
      children: [{ server: 'files', pid: 7, ended: false }],
      secrets: [{ name: 'key', server: 'notes', note: 'Change it where it was issued.' }],
      failures: ['A process of files could not be ended: end it by hand.'],
    }
    await using companion = await startStandIn({ 'stop:now': () => record })
    const asked = await warder(['revoke', '--all', '--json', '--home', companion.home])
    expect(document(asked)).toEqual(record)
    expect(companion.calls).toEqual([{ channel: 'stop:now', input: {} }])
    const { stdout } = await warder(['revoke', '--all', '--home', companion.home])
    for (const words of ['a/b: pending', 'Until noon', 'desk', 'NOT ended', 'key (notes)'])
      expect(stdout).toContain(words)
  })
})

describe('the verdict of a receipt', () => {
  const verdict = (receipt: ReceiptView) => JSON.stringify(receiptLines([receipt])[0])

  it.each([
    ['proven', 'every token was seen dead', 'green'],
    ['revoked', 'the provider said so', 'green'],
    ['pending', 'has not confirmed yet', 'yellow'],
    ['local-only', 'no way to revoke', 'yellow'],
  ] as const)('%s', (state, words, style) => {
    expect(verdict({ ...receiptSample, state })).toContain(words)
    expect(verdict({ ...receiptSample, state })).toContain(style)
  })

  it('is never good while the token is still usable here', () => {
    expect(verdict({ ...failedHere, state: 'proven' })).toContain('NOT revoked')
  })
})
