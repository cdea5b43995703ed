import { expect, it } from 'vitest'
import { needsPerson } from '../../../main/bridge/aggregation/needs-person.ts'
import type { Grant } from '../../../main/oauth/types.ts'
import { remoteServer } from '../support/world.ts'

const grant = (server: string, state: Grant['state'], kind: Grant['kind'] = 'person') =>
  ({ server, state, kind }) as Grant

it('names servers that nobody is signed in to and those that are not approved, by name', () => {
  const oauth = remoteServer('https://x.example/mcp', 'oauth')
  const names = needsPerson({
    servers: {
      signed: oauth,
      unsigned: oauth,
      dead: oauth,
      other: oauth,
      public: remoteServer('https://x.example/mcp'),
    },
    held: ['held', 'signed'],
    grants: [
      grant('signed', 'connected'),
      grant('dead', 'sign-in-needed'),
      // A service's token is not a person's.
      grant('other', 'connected', 'service'),
    ],
  }).map(({ server, what }) => `${server}: ${what}`)
  expect(names).toEqual([
    'dead: connect it with `warder connect dead`.',
    'held: approve it with `warder approvals`.',
    'other: connect it with `warder connect other`.',
    'unsigned: connect it with `warder connect unsigned`.',
  ])
})
