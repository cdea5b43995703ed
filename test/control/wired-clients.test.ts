import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Control } from '../../main/control/types.ts'
import { admitWired } from '../../main/control/wired-clients.ts'
import { WarderError } from '../../main/errors.ts'
import { openLedger } from '../../main/wiring/ledger.ts'
import { testHome } from '../harness/home.ts'

/** A control API that answers each call as the test says. */
function controlOf(answer: (channel: string, input: { confirm?: string }) => unknown) {
  const calls: [channel: string, input: unknown][] = []
  const control: Control = {
    async call(channel, input) {
      calls.push([channel, input])
      return answer(channel, input as { confirm?: string })
    },
    on: () => () => undefined,
  }
  return { control, calls }
}

const asks = new WarderError('presence.required', 'A person has to confirm this.', {
  details: { challenge: 'once', title: 't', lines: [] },
})

describe('a client that was wired while no companion ran', () => {
  it('is let in as the person at the terminal would have done it, once', async () => {
    await using home = await testHome()
    const ledger = openLedger(home.path)
    ledger.setPending('cursor', 'in')
    const { control, calls } = controlOf((_channel, { confirm }) => {
      if (confirm !== 'once') throw asks
    })
    await admitWired(control, ledger)
    expect(calls).toEqual([
      ['clients:add', { name: 'cursor' }],
      ['clients:add', { name: 'cursor', confirm: 'once' }],
    ])
    expect(ledger.pending()).toEqual({})
    await admitWired(control, ledger)
    expect(calls).toHaveLength(2)
  })

  it('stays out where a person who is asked again says no, and is not asked about at each start', async () => {
    await using home = await testHome()
    const ledger = openLedger(home.path)
    ledger.setPending('cursor', 'in')
    const { control } = controlOf(() => {
      throw new WarderError('presence.refused', 'No.')
    })
    await admitWired(control, ledger)
    expect(ledger.pending()).toEqual({})
  })

  it('is not let in by an answer that no longer counts, nor while the vault is locked, and waits', async () => {
    await using home = await testHome()
    const ledger = openLedger(home.path)
    for (const error of [asks, new WarderError('vault.locked', 'Locked.')]) {
      ledger.setPending('zed', 'in')
      const { control } = controlOf(() => {
        throw error
      })
      await admitWired(control, ledger)
      expect(ledger.pending()).toEqual({ zed: 'in' })
    }
  })

  it('does not stay in where it was taken out while a person was asked', async () => {
    await using home = await testHome()
    const ledger = openLedger(home.path)
    ledger.setPending('cursor', 'in')
    const { control, calls } = controlOf(() => ledger.setPending('cursor', null))
    await admitWired(control, ledger)
    expect(calls.map(([channel]) => channel)).toEqual(['clients:add', 'clients:remove'])
    expect(ledger.pending()).toEqual({})
  })

  it('is shut out where it was taken out, and one that is gone is no failure', async () => {
    await using home = await testHome()
    const ledger = openLedger(home.path)
    ledger.setPending('codex', 'out')
    const { control, calls } = controlOf(() => {
      throw new WarderError('client.unknown', 'There is none.')
    })
    await admitWired(control, ledger)
    expect(calls).toEqual([['clients:remove', { name: 'codex' }]])
    expect(ledger.pending()).toEqual({})
    expect(await readdir(path.join(home.path, 'wiring'))).toEqual([])
  })
})
