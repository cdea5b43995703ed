import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Helper } from '../../main/ports.ts'
import type { KeychainAnswer, KeychainRequest } from '../../main/vault/keychain-protocol.ts'
import { startKeyring } from '../harness/keyring.ts'
import { helperModule, keychainStore, openTestVault, warderHome } from './keychain-setup.ts'

const utilityProcess = fileURLToPath(new URL('./fixtures/utility-process.ts', import.meta.url))

/** A helper with exactly this environment, so that a test may spoil what the real one never passes on. */
function bareHelper(env: Readonly<Record<string, string>>, children: ChildProcess[] = []): Helper {
  return {
    start(module) {
      const child = fork(module, [], {
        env,
        execArgv: [],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      children.push(child)
      return {
        send: (message) => void child.send(message as object, () => {}),
        onMessage: (listener) => void child.on('message', listener),
        onExit: (listener) => void child.once('exit', listener),
        kill: () => void child.kill('SIGKILL'),
      }
    },
  }
}

async function ask(child: ChildProcess, request: KeychainRequest): Promise<KeychainAnswer> {
  const answered = once(child, 'message')
  child.send(request)
  const [answer] = await answered
  return answer
}

describe('the helper', () => {
  it.runIf(process.platform === 'linux')(
    'says absent, and does not crash, where libsecret cannot be loaded',
    async () => {
      await using keyring = await startKeyring({ state: 'unlocked' })
      await using home = await warderHome()
      // The loader takes the first file of that name, and this one is no library: keytar's addon fails to load as it
      // does on a machine without libsecret.
      const libraries = path.join(home.path, 'lib')
      await mkdir(libraries)
      await writeFile(path.join(libraries, 'libsecret-1.so.0'), 'not a library')
      const spoiled = { ...keyring.env, LD_LIBRARY_PATH: libraries }
      await using vault = await openTestVault(home, keyring.env, { helper: bareHelper(spoiled) })
      expect(vault.kind).toBe('none')
      expect(await vault.status()).toEqual({
        state: 'absent',
        why: expect.stringMatching(/libsecret is missing/),
      })
      await using sound = await openTestVault(home, keyring.env, {
        helper: bareHelper(keyring.env),
      })
      expect(sound.kind).toBe('keychain')
    },
  )

  it('that dies of a segmentation fault rejects the operation and nothing else', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    await using home = await warderHome()
    const children: ChildProcess[] = []
    await using store = keychainStore(home, bareHelper(keyring.env, children))
    await store.set('grant:a', 'the value')
    keyring.freeze()
    const interrupted = store.get('grant:a')
    children[0]?.kill('SIGSEGV')
    await expect(interrupted).rejects.toMatchObject({ code: 'vault.failed' })
    expect(children[0]?.signalCode).toBe('SIGSEGV')
    keyring.thaw()
    expect(await store.get('grant:a')).toBe('the value')
  })

  it('outlives the signals that its parent gets too, and ends with its parent', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    const child = fork(helperModule, [], { env: keyring.env, execArgv: [] })
    const exited = once(child, 'exit')
    expect(await ask(child, { id: 1, operation: 'get', account: 'x' })).toEqual({
      id: 1,
      result: null,
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal)
    expect(await ask(child, { id: 2, operation: 'delete', account: 'x' })).toEqual({
      id: 2,
      result: false,
    })
    // Frozen, so that a thread of the helper hangs in native code when the channel closes.
    keyring.freeze()
    child.send({ id: 3, operation: 'get', account: 'x' })
    child.disconnect()
    await exited
  })

  it('answers over the port of an Electron utility process', async () => {
    await using keyring = await startKeyring({ state: 'unlocked' })
    const child = fork(utilityProcess, [helperModule], { env: keyring.env, execArgv: [] })
    const exited = once(child, 'exit')
    await ask(child, { id: 1, operation: 'set', account: 'x', text: 'the value' })
    expect(await ask(child, { id: 2, operation: 'get', account: 'x' })).toEqual({
      id: 2,
      result: 'the value',
    })
    child.kill('SIGKILL')
    await exited
  })

  it('never names the functions of keytar that crash or answer with anything of the service', async () => {
    const source = await readFile(helperModule, 'utf8')
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    expect(code).toContain('keytar.getPassword')
    expect(code).not.toMatch(/findCredentials|findPassword/)
  })
})
