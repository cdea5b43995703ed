import { expect, it } from 'vitest'
import type { Branch } from '../../../main/bridge/aggregation/branch.ts'
import { createBranches } from '../../../main/bridge/aggregation/branches.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { BOUNDLESS, createBudget, createLedger } from '../../../main/runtime/budget.ts'
import { endOf, heapUsed } from '../support/heap.ts'
import { remoteServer } from '../support/world.ts'

function branchesOf(ledger = createLedger(BOUNDLESS)) {
  const servers = { s: remoteServer('https://s.example/mcp') }
  return createBranches<Branch>({
    ledger,
    servers: () => servers,
    allows: () => true,
    begin: (place) => ({
      ...place,
      openingSince: null,
      opened: async () => {},
      offers: () => false,
      ask: () => Promise.reject(new Error('nobody asks')),
      ended: false,
      close: async () => {},
    }),
  })
}

it('what a server links to counts for its client, and is forgotten where there is no room', async () => {
  const { answers } = createBudget({ each: 1_000, asked: 0, kept: 1_000, all: 0 }).of('one')
  const branches = branchesOf(createLedger(answers))
  const { key } = branches.of('s')
  const uri = (name: string) => `x:${name.repeat(400)}`
  branches.link(key, uri('a'))
  branches.link(key, uri('b'))
  expect([branches.linked(uri('a')), answers.take(200)]).toEqual(['s', false])
  branches.link(key, uri('c'))
  expect([branches.linked(uri('a')), branches.linked(uri('c'))]).toEqual([undefined, undefined])
  branches.link(key, uri('d'))
  expect([branches.linked(uri('d')), answers.take(600)]).toEqual(['s', false])
  await branches.close()
  expect(answers.take(1_000)).toBe(true)
})

it('what a server links to is remembered so far, and nothing that is too long', () => {
  const branches = branchesOf()
  const { key } = branches.of('s')
  const long = `x:${'a'.repeat(limits.linkLength - 2)}`
  branches.link(key, long)
  branches.link(key, `${long}a`)
  expect([branches.linked(long), branches.linked(`${long}a`)]).toEqual(['s', undefined])
  for (let count = 0; count < limits.links; count++) branches.link(key, `x:${count}`)
  expect([branches.linked(long), branches.linked('x:0')]).toEqual([undefined, 's'])
})

it('what a server links to does not keep the answers that it was in', () => {
  const branches = branchesOf()
  const { key } = branches.of('s')
  const before = heapUsed()
  for (let at = 0; at < 900; at++) branches.link(key, endOf(15_000, `file:///home/me/${at}`))
  expect(heapUsed() - before).toBeLessThan((900 * 15_000) / 3)
  expect(branches.linked('file:///home/me/899')).toBe('s')
})
