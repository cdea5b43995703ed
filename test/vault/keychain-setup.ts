import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createHelper } from '../../main/headless/helper.ts'
import type { Helper, HelperProcess } from '../../main/ports.ts'
import { openState, type State } from '../../main/store/state.ts'
import { createKeychainStore, type KeychainStore } from '../../main/vault/keychain.ts'
import {
  createKeychainClient,
  type KeychainClient,
  type Timer,
} from '../../main/vault/keychain-client.ts'
import { accountPrefix } from '../../main/vault/keychain-items.ts'
import type { KeychainRequest } from '../../main/vault/keychain-protocol.ts'
import { type OpenVaultOptions, openVault } from '../../main/vault/open.ts'
import type { SecretStore } from '../../main/vault/store.ts'
import { createVaultIndex, type VaultIndex } from '../../main/vault/vault-index.ts'
import { testHome } from '../harness/home.ts'

export const helperModule = fileURLToPath(
  new URL('../../main/vault/keychain-helper.ts', import.meta.url),
)

const run = promisify(execFile)

/** An item as another program sees it; what is not there, or locked, is undefined. */
export async function secretTool(
  env: Readonly<Record<string, string>>,
  verb: 'lookup' | 'clear',
  account: string,
  as: { uid?: number; gid?: number } = {},
): Promise<string | undefined> {
  try {
    const { stdout } = await run('secret-tool', [verb, 'service', 'Warder', 'account', account], {
      env,
      ...as,
    })
    return stdout
  } catch {
    return undefined
  }
}

/** The accounts of all of Warder's items in an unlocked keyring. */
export async function accountsIn(env: Readonly<Record<string, string>>): Promise<string[]> {
  // The attributes go to stderr, the secrets to stdout.
  const { stderr } = await run('secret-tool', ['search', '--all', 'service', 'Warder'], { env })
  return [...stderr.matchAll(/^attribute\.account = (.*)$/gm)].map(([, name]) => name ?? '').sort()
}

export interface WarderHome extends AsyncDisposable {
  readonly path: string
  readonly state: State
}

/** An existing home with its state database, which is closed at the end. */
export function openHome(path: string): WarderHome {
  const state = openState(path)
  return { path, state, [Symbol.asyncDispose]: async () => state.close() }
}

/** A new home, removed at the end. */
export async function warderHome(): Promise<WarderHome> {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await testHome())
  const opened = stack.use(openHome(home.path))
  const kept = stack.move()
  return { ...opened, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** The real helper, remembering each process that it started and what was sent to it. */
export function watchedHelper(
  env: Readonly<Record<string, string>>,
  beforeSend: (message: unknown, process: HelperProcess) => void = () => {},
): Helper & { readonly started: readonly { process: HelperProcess; ended: Promise<void> }[] } {
  const real = createHelper(env)
  const started: { process: HelperProcess; ended: Promise<void> }[] = []
  return {
    started,
    start(module) {
      const process = real.start(module)
      started.push({ process, ended: new Promise((resolve) => process.onExit(resolve)) })
      return {
        ...process,
        send(message) {
          beforeSend(message, process)
          process.send(message)
        },
      }
    },
  }
}

export function isRequest(message: unknown, operation: string, account: string): boolean {
  const request = message as KeychainRequest
  return request.operation === operation && request.account === account
}

/** Time that passes when the test says so. */
export function manualTimer(): { timer: Timer; expire(): void } {
  const pending = new Set<() => void>()
  return {
    timer(_milliseconds, fire) {
      pending.add(fire)
      return () => void pending.delete(fire)
    },
    expire() {
      for (const fire of [...pending]) fire()
    },
  }
}

export async function openTestVault(
  home: WarderHome,
  env: Readonly<Record<string, string>>,
  options: Partial<OpenVaultOptions> = {},
): Promise<SecretStore & AsyncDisposable> {
  const vault = await openVault({
    kind: 'keychain',
    home: home.path,
    state: home.state,
    helper: createHelper(env),
    helperModule,
    ...options,
  })
  return { ...vault, [Symbol.asyncDispose]: () => vault.close() }
}

/** The keychain store without the probe at its start, and with its index in the open. */
export function keychainStore(
  home: WarderHome,
  helper: Helper,
  timer: Timer = () => () => {},
): KeychainStore &
  AsyncDisposable & {
    client: KeychainClient
    index: VaultIndex
    account(name: string): string
  } {
  const index = createVaultIndex(home.state, 'keychain', Date.now)
  const prefix = accountPrefix(home.path)
  const client = createKeychainClient({ helper, helperModule, timeout: 30_000, timer })
  const store = createKeychainStore({ client, index, accountPrefix: prefix, randomBytes })
  return {
    ...store,
    client,
    index,
    account: (name) => prefix + name,
    [Symbol.asyncDispose]: () => store.close(),
  }
}
