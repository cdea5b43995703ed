import { expect, it } from 'vitest'
import type { Branch } from '../../../main/bridge/aggregation/branch.ts'
import { createBranches } from '../../../main/bridge/aggregation/branches.ts'
import { limits } from '../../../main/bridge/limits.ts'
import { remoteServer } from '../support/world.ts'

it('what a server links to is remembered so far, and nothing that is too long', () => {
  const servers = { s: remoteServer('https://s.example/mcp') }
  const branches = createBranches<Branch>({
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
  const { key } = branches.of('s')
  const long = `x:${'a'.repeat(limits.linkLength - 2)}`
  branches.link(key, long)
  branches.link(key, `${long}a`)
  expect([branches.linked(long), branches.linked(`${long}a`)]).toEqual(['s', undefined])
  for (let count = 0; count < limits.links; count++) branches.link(key, `x:${count}`)
  expect([branches.linked(long), branches.linked('x:0')]).toEqual([undefined, 's'])
})
