import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Companion } from '../../main/companion.ts'
import { withVault } from '../../main/desktop/vault-choice.ts'
import type { StatusView } from '../../preload/contract/index.ts'
import { startDesktop } from '../harness/electron/desktop.ts'
import { testHome } from '../harness/home.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { startWarder } from '../harness/warder.ts'

let keyring: Keyring
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
})
afterAll(() => keyring[Symbol.asyncDispose]())

describe('the app beside a headless companion', () => {
  it('takes over, with what it holds, once a person agrees', async () => {
    await using home = await testHome()
    await using headless = await startWarder({
      home: home.path,
      vault: 'keychain',
      env: keyring.env,
    })
    await headless.ok(['secret', 'set', 'key'], 'a value of the vault')
    await headless.ok(['server', 'add', 'notes', '--url', 'https://mcp.example/mcp'])
    await using desktop = startDesktop({
      home: home.path,
      env: keyring.env,
      args: ['--background'],
    })
    const question = await desktop.answer('Take over')
    expect(question.message).toContain('Take over')
    expect(question.detail).toContain(`process ${headless.pid}`)
    await desktop.until('the tray', ({ tray }) =>
      Boolean(tray?.menu.some(({ label }) => label === 'notes')),
    )
    expect(await headless.ok<StatusView>(['status'])).toMatchObject({
      shell: 'desktop',
      vault: { kind: 'keychain', state: 'available' },
    })
    expect(await headless.ok(['secret', 'list'])).toMatchObject([{ name: 'key' }])
  })

  it('leaves it alone where the person says no, and where its vault is another one', async () => {
    await using home = await testHome()
    await using headless = await startWarder({
      home: home.path,
      vault: 'keychain',
      env: keyring.env,
    })
    await using refused = startDesktop({
      home: home.path,
      env: keyring.env,
      args: ['--background'],
    })
    await refused.answer('Cancel')
    expect(await refused.ended).toBe(1)
    expect(await headless.ok<StatusView>(['status'])).toMatchObject({ shell: 'headless' })

    await using other = await testHome()
    await using forgetful = await startWarder({ home: other.path, vault: 'memory' })
    await using desktop = startDesktop({
      home: other.path,
      env: keyring.env,
      args: ['--background'],
    })
    expect(await desktop.ended).toBe(1)
    expect(desktop.now().errors.join()).toContain('cannot take over')
    expect(await forgetful.ok<StatusView>(['status'])).toMatchObject({ shell: 'headless' })
  })
})

describe('the app without a keychain', () => {
  const companion = (vault: Companion['vault'], log: string[]) =>
    ({ vault, close: async () => void log.push(`close ${vault}`) }) as Companion

  it.each([
    ['keeps secrets in memory where the person wants that', true, true, 'memory', 2],
    ['stores nothing where the person does not', true, false, 'none', 1],
    ['stores nothing where nobody is there to be asked', false, true, 'none', 1],
  ] as const)('%s', async (_what, isAsked, agrees, vault, starts) => {
    const log: string[] = []
    const started = await withVault(
      async ({ vault: chosen }) => {
        log.push('start')
        return companion(chosen ?? 'none', log)
      },
      { isAsked, ask: async () => agrees },
    )
    expect(started.vault).toBe(vault)
    expect(log.filter((line) => line === 'start')).toHaveLength(starts)
    if (starts === 2) expect(log).toEqual(['start', 'close none', 'start'])
  })

  it('asks at a start by a person, and stores in memory then', async () => {
    await using home = await testHome()
    await using desktop = startDesktop({ home: home.path })
    await desktop.answer('Keep in memory')
    await desktop.until('the tray', ({ tray }) => tray?.tooltip === 'Warder: 0 servers, 0 accounts')
  })
})
