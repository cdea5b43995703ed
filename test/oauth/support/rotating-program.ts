import { randomBytes } from 'node:crypto'
import { toWarderError } from '../../../main/errors.ts'
import { createDialer } from '../../../main/net/dialer.ts'
import { createGrants } from '../../../main/oauth/grants.ts'
import { openState } from '../../../main/store/state.ts'
import { openFileStore } from '../../../main/vault/file.ts'
import { createKnownSecrets } from '../../../main/vault/known-secrets.ts'
import { createVaultIndex } from '../../../main/vault/vault-index.ts'
import { serverAt } from './house.ts'

/**
 * The oauth room over a real home and a real vault file, in a process of its own that a test can kill. Does what its
 * parent asks for over IPC: `connect`, or `rotate`, which renews without end.
 */
const [, , home = '', serverUrl = ''] = process.argv
const say = (message: object) => process.send?.(message)

function openHome() {
  try {
    return openState(home)
  } catch (error) {
    say({ refused: toWarderError(error).code })
    process.exit(1)
  }
}

const state = openHome()
const vault = await openFileStore({
  home,
  index: createVaultIndex(state, 'file', Date.now),
  passphrase: async () => 'a passphrase of the tests',
  randomBytes,
})
/** Two hours pass before each renewal. */
let passed = 0
const grants = createGrants({
  state,
  vault: () => vault,
  knownSecrets: createKnownSecrets(),
  browser: { open: async () => undefined },
  fetch: createDialer().fetch,
  settings: () => ({}),
  providers: () => ({}),
  choices: () => ({ servers: {}, clients: {} }),
  resolveSecret: async () => '',
  clock: () => Date.now() + passed,
})

async function stored(): Promise<string | null> {
  const [grant] = grants.list()
  const item = grant === undefined ? null : await vault.get(`grant:${grant.id}`)
  return item === null ? null : (JSON.parse(item) as { refreshToken: string }).refreshToken
}

async function connect(): Promise<void> {
  const signIn = await grants.connect(serverAt(serverUrl))
  say({ url: signIn.url })
  await signIn.completed
  say({ connected: true })
}

async function rotate(): Promise<void> {
  for (;;) {
    await grants.accessToken('notes')
    say({ renewed: true })
    passed += 7_200_000
  }
}

process.on('message', (order) => {
  const work = order === 'connect' ? connect() : rotate()
  work.catch((error: unknown) => say({ failed: toWarderError(error).code }))
})
process.once('disconnect', () => process.exit())
/** Whether its last renewal was cut short. The trial that shows a replaced grant dead stands under the same account. */
function cutShort(): boolean {
  const [grant] = grants.list()
  if (grant === undefined) return false
  const { entries } = grants.history('notes/alice@example.test', 20)
  return entries.find((entry) => entry.grant === grant.id)?.cutShort ?? false
}

say({ ready: true, stored: await stored(), cutShort: cutShort() })
