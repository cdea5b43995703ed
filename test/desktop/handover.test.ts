import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Companion } from '../../main/companion.ts'
import { type PassphraseAnswer, withVault } from '../../main/desktop/vault-choice.ts'
import { WarderError } from '../../main/errors.ts'
import type { StatusView } from '../../preload/contract/index.ts'
import { refusal } from '../control/world.ts'
import { startDesktop } from '../harness/electron/desktop.ts'
import { testHome } from '../harness/home.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { runCli, startWarder } from '../harness/warder.ts'

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

/** A person who answers the window's questions one after the other, and what was done with it. */
function passphrases(...answers: PassphraseAnswer[]) {
  const log: string[] = []
  return {
    log,
    window: {
      async ask(purpose: 'open' | 'create', wrong: boolean) {
        log.push(`ask ${purpose}${wrong ? ' again' : ''}`)
        return answers.shift() ?? 'quit'
      },
      close: () => void log.push('close'),
    },
  }
}

/** Opens with one passphrase alone, and without a keychain where that is asked for. */
function companions(keychain: boolean, log: string[]) {
  return async ({ vault, passphrase }: Parameters<Parameters<typeof withVault>[0]>[0]) => {
    log.push(`start ${vault}`)
    const file = vault === 'file' || (vault === 'last' && !keychain && log[0] === 'had a file')
    if (file) {
      const given = await passphrase?.('open')
      if (given !== 'the right one') throw new WarderError('vault.wrong_passphrase', 'No.')
    }
    const kind = file ? 'file' : vault === 'memory' ? 'memory' : keychain ? 'keychain' : 'none'
    return { vault: kind, close: async () => void log.push(`close ${kind}`) } as Companion
  }
}

describe('the vault of the app', () => {
  it.each([
    ['keeps secrets in memory where the person wants that', true, 1, 'memory'],
    ['keeps secrets in a file where the person wants that', true, 2, 'file'],
    ['stores nothing where the person does not', true, 0, 'none'],
    ['stores nothing where nobody is there to be asked', false, 1, 'none'],
  ] as const)('without a keychain %s', async (_what, isAsked, answer, vault) => {
    const log: string[] = []
    const { window } = passphrases({ passphrase: 'the right one' })
    const started = await withVault(companions(false, log), {
      ...{ isAsked, passphrase: window, ask: async () => false },
      choose: async () => answer,
    })
    expect(started.vault).toBe(vault)
    expect(log).toEqual(
      vault === 'none' ? ['start last'] : ['start last', 'close none', `start ${vault}`],
    )
  })

  it('asks for the passphrase until it is right, and closes the window then', async () => {
    const log = ['had a file']
    const { window, log: asked } = passphrases(
      { passphrase: 'wrong' },
      { passphrase: 'the right one' },
    )
    const started = await withVault(companions(false, log), {
      ...{ isAsked: false, passphrase: window, ask: async () => false },
      choose: () => Promise.reject(new Error('nobody is asked')),
    })
    expect(started.vault).toBe('file')
    expect(asked).toEqual(['ask open', 'ask open again', 'close'])
  })

  it('does not start where the window is closed, and takes the keychain only after a question', async () => {
    const parts = (answers: PassphraseAnswer[], agrees: boolean) => ({
      ...{ isAsked: true, passphrase: passphrases(...answers).window, choose: async () => 0 },
      ask: async () => agrees,
    })
    await refusal(
      withVault(companions(false, ['had a file']), parts(['quit'], true)),
      'cli.cancelled',
    )
    await refusal(
      withVault(companions(false, ['had a file']), parts(['instead', 'quit'], false)),
      'cli.cancelled',
    )
    const log = ['had a file']
    expect((await withVault(companions(false, log), parts(['instead'], true))).vault).toBe('none')
    expect(log.at(-1)).toBe('start keychain')
  })

  it('is a file with a passphrase that a window of its own asks for, and leaves only after a question', async () => {
    await using home = await testHome()
    const passphrase = 'correct horse battery'
    {
      await using desktop = startDesktop({ home: home.path })
      await desktop.answer('Use a passphrase…')
      const page = await desktop.vaultPage()
      const fill = async (first: string, second: string) => {
        await page.getByLabel('Passphrase').fill(first)
        await page.getByLabel('Once more').fill(second)
        await page.getByRole('button', { name: 'Make the vault' }).click()
      }
      await fill('short', 'short')
      await page.getByText('Take at least 10 characters').waitFor()
      await fill(passphrase, 'another one')
      await page.getByText('not the same').waitFor()
      const reached = await page.evaluate(() => ({
        window: Object.keys(window).filter((name) => name.startsWith('warder')),
        vault: Object.keys((window as unknown as { warderVault: object }).warderVault).toSorted(),
      }))
      expect(reached).toEqual({ window: ['warderVault'], vault: ['answer', 'question'] })
      await fill(passphrase, passphrase)
      await desktop.until('the tray', ({ tray }) => tray !== null)
      await runCli(['--home', home.path, 'secret', 'set', 'key'], { input: 'a value' })
      await desktop.click('Quit Warder')
      expect(await desktop.ended).toBe(0)
    }
    await using desktop = startDesktop({ home: home.path })
    const page = await desktop.vaultPage()
    const open = async (text: string) => {
      await page.getByLabel('Passphrase').fill(text)
      await page.getByRole('button', { name: 'Open' }).click()
    }
    await open('not the passphrase')
    await page.getByText('This passphrase does not open the vault.').waitFor()
    await open(passphrase)
    const settings = await desktop.page()
    expect(desktop.now().windows).toHaveLength(1)
    expect((await runCli(['--home', home.path, '--json', 'secret', 'list'])).json).toMatchObject([
      { name: 'key' },
    ])
    await settings.getByRole('link', { name: 'Settings' }).click()
    await settings.getByText('Keys are in an encrypted file').first().waitFor()
    await settings.getByRole('button', { name: 'Use the keychain…' }).click()
    expect((await desktop.answer('Cancel')).detail).toContain('Nothing is carried over')
    await settings.getByText('presence.refused', { exact: true }).waitFor()
    await settings.getByRole('button', { name: 'Use the keychain…' }).click()
    await desktop.answer('Allow')
    expect(await desktop.ended).toBe(0)
    expect(desktop.now().relaunched).not.toBeNull()
    await using again = startDesktop({ home: home.path, args: ['--background'] })
    await again.until('the keychain was tried', ({ tray }) =>
      Boolean(tray?.tooltip.includes('no vault')),
    )
  })
})
