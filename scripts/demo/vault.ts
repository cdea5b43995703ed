import { existsSync } from 'node:fs'
import { startKeyring } from '../../test/harness/keyring.ts'

/** Where the demo keeps its tokens: a keyring of its own where one can be started, so that nobody's own is touched. */
export interface DemoVault extends AsyncDisposable {
  readonly kind: 'keychain' | 'memory'
  readonly env: Readonly<Record<string, string>>
}

export async function chooseVault(): Promise<DemoVault> {
  const programs = ['gnome-keyring-daemon', 'dbus-daemon']
  const there =
    process.platform === 'linux' && programs.every((program) => existsSync(`/usr/bin/${program}`))
  if (!there) return { kind: 'memory', env: {}, [Symbol.asyncDispose]: async () => {} }
  const keyring = await startKeyring({ state: 'unlocked' })
  return {
    kind: 'keychain',
    env: keyring.env,
    [Symbol.asyncDispose]: () => keyring[Symbol.asyncDispose](),
  }
}
