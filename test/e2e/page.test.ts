import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import {
  button,
  card,
  companion,
  complaints,
  context,
  dialog,
  eventually,
  heading,
  heard,
  open,
  page,
  servePage,
  ui,
} from './page-fixture.ts'

servePage()

describe('overview', () => {
  it('says what needs a person, and leads there', async () => {
    companion.world.accounts = companion.world.accounts.map((account) => ({
      ...account,
      state: 'sign-in-needed',
    }))
    await open()
    for (const name of ['github', 'linear/alice@example.com'])
      await page.getByText(`${name} needs you to sign in`, { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Servers 2 waiting for you' }).waitFor()
    await page.getByRole('link', { name: 'Look at it: 1 change waits for your decision' }).click()
    await heading('Approvals').waitFor()
  })

  it('counts the calls that wait for a sign-in, and a link from their error leads to it', async () => {
    companion.world.status.waiting = [
      { server: 'github', client: 'cursor', calls: 2 },
      { server: 'github', client: 'desk', calls: 1 },
    ]
    await open()
    await page
      .getByText('2 calls of cursor, 1 call of desk wait for this sign-in.', { exact: true })
      .waitFor()
    await page.evaluate(() => {
      window.location.hash = '#/servers/github'
    })
    await heading('Servers').waitFor()
    await card('github').waitFor()
  })

  it('says that nothing does', async () => {
    companion.world.approvals = []
    companion.world.servers = companion.world.servers.slice(0, 1)
    await open()
    await heading('Nothing needs you').waitFor()
  })

  it('says where keys cannot be kept', async () => {
    const why = 'No keychain service answers on this machine.'
    companion.world.status.vault = { kind: 'none', state: 'absent', why }
    await open()
    await page.getByText(why).waitFor()
    await page.getByText('No place to keep keys yet').waitFor()
  })
})

describe('servers', () => {
  it('shows kind, place, what is injected and the state, in words', async () => {
    await open('Servers')
    const files = card('files')
    for (const words of [
      'On this computer',
      'npx -y @example/files@1.4.2 "/home/alice/My Documents"',
      'FILES_TOKEN',
      'from secret “files”',
      'from sign-in of “linear”',
      'Waits for approval',
    ])
      await files.getByText(words, { exact: true }).waitFor()
    await card('broken').getByText('The server did not answer in 10 seconds.').waitFor()
    await card('linear').getByText('linear/alice@example.com').waitFor()
    await card('github').getByText('Sign-in needed').waitFor()
  })

  /** Goes on to the browser, once the dialog has given the focus to the button that opens it. */
  const openBrowser = async () => {
    await button('Open browser').waitFor()
    await eventually(() => page.locator(':focus').innerText()).toBe('Open browser')
    await page.keyboard.press('Enter')
    await dialog().getByText('Waiting for you').waitFor()
  }

  it('connects: shows host, issuer and scopes, then opens the browser, then shows the account', async () => {
    await open('Servers')
    await button('Connect github').click()
    for (const words of ['github.example', 'https://github.example/login/oauth', 'repo'])
      await dialog().getByText(words, { exact: true }).first().waitFor()
    expect(heard('accounts:connect')).toEqual([{ server: 'github' }])
    expect(heard('accounts:open')).toEqual([])
    await openBrowser()
    expect(heard('accounts:open')).toEqual([{ flow: 'flow-1' }])
    companion.signIn()
    await page.getByRole('heading', { name: 'github is connected' }).waitFor()
    await dialog().getByText('github/alice').waitFor()
    await button('Done').click()
    await card('github').getByText('Ready').waitFor()
    await button('Revoke github/alice').waitFor()
    expect(heard('accounts:cancel')).toEqual([])
  })

  it.each(['the button', 'Escape', 'the back button'])('cancels a sign-in by %s', async (way) => {
    await open('Servers')
    await button('Connect github').click()
    await openBrowser()
    const cancelled = page.waitForRequest(`${ui.url}/api/accounts:cancel`)
    if (way === 'Escape') await page.keyboard.press('Escape')
    else if (way === 'the button') await button('Cancel').click()
    else await page.goBack()
    expect((await cancelled).postDataJSON()).toEqual({ flow: 'flow-1' })
    await eventually(() => dialog().count()).toBe(0)
  })

  it('opens nothing and gives the sign-in up where the person says no', async () => {
    await open('Servers')
    await button('Connect github').click()
    await button('Open browser').waitFor()
    const cancelled = page.waitForRequest(`${ui.url}/api/accounts:cancel`)
    await button('Cancel').click()
    expect((await cancelled).postDataJSON()).toEqual({ flow: 'flow-1' })
    await eventually(() => dialog().count()).toBe(0)
    expect(heard('accounts:open')).toEqual([])
  })

  it('shows why a sign-in could not begin, with its code', async () => {
    await open('Servers')
    await button('Connect broken').click()
    await dialog().getByText('The provider of broken does not answer.').waitFor()
    await dialog().getByText('oauth.provider_unavailable').waitFor()
    expect(await button('Open browser').count()).toBe(0)
  })

  it('shows why a sign-in ended before the browser was opened', async () => {
    await open('Servers')
    await button('Connect github').click()
    await button('Open browser').waitFor()
    companion.failSignIn(new WarderError('oauth.sign_in_abandoned', 'The sign-in expired.'))
    await dialog().getByText('The sign-in expired.').waitFor()
    expect(await button('Open browser').count()).toBe(0)
  })

  it('shows the link at once, with the reason, where no browser can be opened', async () => {
    companion.world.browserFails = true
    await open('Servers')
    await button('Connect github').click()
    await openBrowser()
    await dialog().getByText('The browser could not be opened.').waitFor()
    await dialog().getByText('github.example', { exact: true }).first().waitFor()
    await expect(dialog().getByLabel('Link').inputValue()).resolves.toBe(companion.world.flow.url)
    companion.signIn()
    await page.getByRole('heading', { name: 'github is connected' }).waitFor()
  })

  it('takes the address that a browser on another machine ended at, and shows it no longer', async () => {
    await open('Servers')
    await button('Connect github').click()
    await openBrowser()
    await dialog().getByText('Browser on another machine?').click()
    const field = dialog().getByLabel('Address of that page')
    await field.fill('SECRET-CODE')
    await button('Finish').click()
    await dialog().getByText('That is only a part of the address, or none.').waitFor()
    await expect(field.inputValue()).resolves.toBe('')
    const url = 'http://127.0.0.1:40123/cb?code=SECRET-CODE&state=right'
    await field.fill(url)
    await field.press('Enter')
    await eventually(() => heard('accounts:answer')).toEqual([
      { flow: 'flow-1', url: 'SECRET-CODE' },
      { flow: 'flow-1', url },
    ])
    companion.signIn()
    await page.getByRole('heading', { name: 'github is connected' }).waitFor()
  })

  it('shows a code for another device where the person wants one, and opens nothing', async () => {
    companion.world.flow.deviceOffered = true
    await open('Servers')
    await button('Connect github').click()
    await button('Use a code on another device instead').click()
    const shown = await dialog().getByLabel('Code', { exact: true }).inputValue()
    expect(shown).toBe('WDJB-MJHT')
    await expect(dialog().getByLabel('Page').inputValue()).resolves.toBe(
      'https://github.example/login/device',
    )
    expect(heard('accounts:connect')).toEqual([
      { server: 'github' },
      { server: 'github', method: 'device' },
    ])
    expect(heard('accounts:cancel')).toEqual([{ flow: 'flow-1' }])
    companion.signIn()
    await page.getByRole('heading', { name: 'github is connected' }).waitFor()
    expect(heard('accounts:open')).toEqual([])
    expect(complaints).toEqual([])
  })

  it('begins anew at another provider of the server, where the person says so', async () => {
    const other = 'https://sso.example'
    companion.world.flow = { ...companion.world.flow, otherIssuers: [other] }
    await open('Servers')
    await button('Connect github').click()
    const cancelled = page.waitForRequest(`${ui.url}/api/accounts:cancel`)
    await button(`Sign in at ${other}`).click()
    expect((await cancelled).postDataJSON()).toEqual({ flow: 'flow-1' })
    await dialog().getByText(other, { exact: true }).waitFor()
    await openBrowser()
    expect(heard('accounts:connect')).toEqual([
      { server: 'github' },
      { server: 'github', issuer: other },
    ])
    expect(heard('accounts:open')).toEqual([{ flow: 'flow-3' }])
    expect(complaints).toEqual([])
  })

  it('lets the person choose where Warder cannot tell which provider knows its client', async () => {
    companion.world.issuers = ['https://one.example', 'https://two.example']
    await open('Servers')
    await button('Connect github').click()
    await dialog().getByText('oauth.issuer_choice').waitFor()
    await button('Sign in at https://two.example').click()
    await openBrowser()
    expect(heard('accounts:connect')).toEqual([
      { server: 'github' },
      { server: 'github', issuer: 'https://two.example' },
    ])
  })

  it('offers no code where the provider has none', async () => {
    await open('Servers')
    await button('Connect github').click()
    await button('Open browser').waitFor()
    expect(await button('Use a code on another device instead').count()).toBe(0)
  })

  it('copies the link where the person wants another browser', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: ui.url })
    await open('Servers')
    await button('Connect github').click()
    await openBrowser()
    await button('Copy the link instead').click()
    await button('Copied').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(companion.world.flow.url)
    await dialog().getByText('Waiting for you').waitFor()
  })

  it('asks for a link that can still be opened, where the request was pushed, and for one more', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: ui.url })
    const { flow } = companion.world
    companion.world.flow = { ...flow, linkExpiresAt: flow.expiresAt }
    await open('Servers')
    await button('Connect github').click()
    await openBrowser()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await button('Copy the link instead').click()
    await eventually(copied).toBe(`${flow.url}&fresh=1`)
    await dialog().getByText('It can be opened once').waitFor()
    await button('Make a fresh link').click()
    await eventually(copied).toBe(`${flow.url}&fresh=2`)
    expect(heard('accounts:link')).toEqual([{ flow: 'flow-1' }, { flow: 'flow-1' }])
    expect(complaints).toEqual([])
  })

  it('selects the link where the clipboard is refused', async () => {
    await open('Servers')
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))
    })
    await button('Connect github').click()
    await openBrowser()
    await button('Copy the link instead').click()
    await button('Copy').waitFor()
    await eventually(() => page.evaluate(() => getSelection()?.toString())).toBe(
      companion.world.flow.url,
    )
  })

  it('says why an account was signed out, newest first, and signs that one in again', async () => {
    await open('Servers')
    await button('Why is linear/alice@example.com as it is').click()
    for (const words of [
      'Signed out on Tuesday: the provider answered invalid_grant.',
      'warder connect linear',
      'Exception no-refresh-token: It gives no refresh token.',
      'read, write, issues:create',
    ])
      await dialog().getByText(words).first().waitFor()
    const entries = dialog().getByRole('list', { name: 'newest first' }).getByRole('listitem')
    expect(await entries.allInnerTexts()).toEqual([
      expect.stringContaining('signed out'),
      expect.stringContaining('renewal ahead of expiry'),
    ])
    await button('Sign in again as linear/alice@example.com').click()
    await button('Open browser').waitFor()
    expect(heard('accounts:connect')).toEqual([{ server: 'linear', account: 'alice@example.com' }])
  })

  it('says where somebody else has signed in, and asks for a name that nobody gave', async () => {
    companion.world.connected = { named: 'nobody', insteadOf: 'bob' }
    await open('Servers')
    await button('Connect github').click()
    await openBrowser()
    companion.signIn()
    await dialog().getByText('It is not bob').waitFor()
    await dialog().getByRole('textbox').fill('work')
    await button('Name it').click()
    await dialog().getByText('It is called github/work now.').waitFor()
    expect(heard('accounts:name')).toEqual([{ flow: 'flow-1', name: 'work' }])
  })

  it('chooses the account of a client once a person agreed', async () => {
    await open('Clients')
    const chooser = () => page.getByRole('combobox', { name: 'Account of linear for cursor' })
    await chooser().selectOption('alice@example.com')
    await button('Confirm').click()
    await eventually(() => chooser().inputValue()).toBe('alice@example.com')
    const asked = { server: 'linear', account: 'alice@example.com', client: 'cursor' }
    expect(heard('accounts:use')).toEqual([asked, { ...asked, confirm: 'challenge-1' }])
  })

  it('chooses another account for one folder of a client once a person agreed, and takes it back', async () => {
    await open('Clients')
    const cursor = card('cursor')
    await cursor.getByText('Another account in one folder?').click()
    const useIt = cursor.getByRole('button', { name: 'Use it there' })
    const folder = cursor.getByRole('textbox', { name: 'Folder for cursor' })
    await cursor
      .getByRole('combobox', { name: 'Account for cursor in that folder' })
      .selectOption('linear/alice@example.com')
    expect(await useIt.isDisabled()).toBe(true)
    await folder.fill('work')
    await useIt.click()
    await cursor.getByText('Name an absolute folder').waitFor()
    await folder.fill('/home/ada/work')
    await useIt.click()
    await button('Confirm').click()
    await cursor.getByText('/home/ada/work', { exact: true }).waitFor()
    const asked = {
      server: 'linear',
      account: 'alice@example.com',
      client: 'cursor',
      folder: '/home/ada/work',
    }
    expect(heard('accounts:use').slice(1)).toEqual([asked, { ...asked, confirm: 'challenge-1' }])
    await button('No account of its own of linear for cursor in /home/ada/work').click()
    await button('Confirm').click()
    await eventually(() => cursor.getByText('/home/ada/work', { exact: true }).count()).toBe(0)
    expect(heard('accounts:use').at(-1)).toEqual({
      ...asked,
      account: null,
      confirm: 'challenge-1',
    })
    expect(complaints).toEqual([])
  })

  it('revokes after a question, and its receipt turns from amber to green before one’s eyes', async () => {
    const { world } = companion
    const { receiptFor } = world
    world.receiptFor = (of) => ({ ...receiptFor(of), state: 'pending' })
    await open('Servers')
    await button('Revoke linear/alice@example.com').click()
    expect(heard('accounts:revoke')).toEqual([])
    await dialog().getByRole('button', { name: 'Revoke', exact: true }).click()
    await dialog().getByText('Not done yet, tried again').waitFor()
    world.receipts = world.receipts.map((receipt) => ({ ...receipt, state: 'proven' }))
    companion.changed('receipts')
    await dialog().getByText('Proven: every token is dead').waitFor()
    await dialog().getByText('The old token was refused. (HTTP 401)').waitFor()
    expect(heard('accounts:revoke')).toEqual([{ account: 'linear/alice@example.com' }])
    await button('Done').click()
    expect(await button('Revoke linear/alice@example.com').count()).toBe(0)
  })

  it('follows what the companion changes', async () => {
    await open('Servers')
    companion.world.servers = companion.world.servers.slice(0, 1)
    companion.changed('servers')
    await eventually(() => page.locator('.cards > .card').count()).toBe(1)
  })

  it('shows an empty list and a refusal as such', async () => {
    companion.world.servers = []
    await open('Servers')
    await heading('No servers yet').waitFor()
    companion.world.refuses = 'receipts:list'
    await page.getByRole('link', { name: 'Receipts' }).click()
    await page.getByText('config.invalid').waitFor()
    companion.world.refuses = ''
    await button('Try again').click()
    await card('Receipt for slack/bob').waitFor()
  })
})

describe('accounts', () => {
  const account = 'linear/alice@example.com'

  it('say who used them, as it happens', async () => {
    await open('Accounts')
    const cursor = card(account).getByRole('listitem').filter({ hasText: 'cursor' })
    await cursor.getByText('12 calls, the last create_issue 5 minutes ago').waitFor()
    companion.append(
      { phase: 'outcome', outcome: 'ok', client: 'cursor', target: 'search' },
      { phase: 'outcome', outcome: 'denied', client: 'cursor', target: 'refused' },
      { phase: 'outcome', outcome: 'ok', client: 'cursor', account: null, target: 'other' },
    )
    await cursor.getByText('13 calls, the last search just now').waitFor()
    expect(heard('accounts:uses')).toEqual([{ account }])
  })

  it('are asked for more: what calls lacked, and what the person names', async () => {
    const [one] = companion.world.accounts
    if (one === undefined) throw new Error('nobody is signed in')
    const lacking = [{ scope: 'mail:send', operations: ['the tool send_mail'] }]
    companion.world.accounts = [{ ...one, lacking, withheld: ['admin'] }]
    await open('Accounts')
    await card(account).getByText('For the tool send_mail it lacks mail:send.').waitFor()
    await button(`Ask for more for ${account}`).click()
    expect(await dialog().getByRole('checkbox', { name: 'mail:send' }).isChecked()).toBe(true)
    expect(await dialog().getByRole('checkbox', { name: 'admin' }).isChecked()).toBe(false)
    await dialog().getByLabel('Other scopes').fill('read:org read')
    await button('Go on to the sign-in').click()
    await button('Open browser').waitFor()
    expect(heard('accounts:connect')).toEqual([
      { server: 'linear', account: 'alice@example.com', scopes: ['mail:send', 'read:org'] },
    ])
    expect(complaints).toEqual([])
  })

  it('are asked for nothing beyond what their definition fixes', async () => {
    companion.world.accounts = companion.world.accounts.map((one) => ({
      ...one,
      scopesFixed: true,
    }))
    await open('Accounts')
    await button(`Ask for more for ${account}`).click()
    await dialog().getByText('Its definition says what is asked for').waitFor()
    expect(await button('Go on to the sign-in').count()).toBe(0)
  })
})

describe('presence', () => {
  it('asks with title and every line, and repeats the call once confirmed', async () => {
    await open('Clients')
    await button('Add a client').click()
    await page.getByLabel('Name').fill('zed')
    await page.keyboard.press('Enter')
    const question = page.getByRole('dialog', { name: 'Let zed use Warder' })
    await question.getByText('It gets a socket and a token.').waitFor()
    await question.getByText('It may call what the rules allow it.').waitFor()
    await question.getByRole('button', { name: 'Confirm' }).click()
    await expect(page.getByLabel('Token').inputValue()).resolves.toBe('shown-once-and-never-again')
    expect(heard('clients:add')).toEqual([{ name: 'zed' }, { name: 'zed', confirm: 'challenge-1' }])
    await button('I have kept it').click()
    await card('zed').waitFor()
    expect(await page.content()).not.toContain('shown-once-and-never-again')
  })

  it('gives the focus to the answer that changes nothing', async () => {
    await open('Approvals')
    await button('Approve').click()
    await dialog().waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('presence.refused').waitFor()
    expect(companion.world.approvals).toHaveLength(1)
    expect(heard('approvals:decide')).toEqual([{ id: 'approval-1', approve: true }])
  })

  it('shows held changes whole, hidden characters too, and decides them', async () => {
    await open('Approvals')
    const held = card('Run a changed command for files')
    const line = held.getByText(`Argument: ${companion.world.longArgument}`, { exact: true })
    const cut = await line.evaluate((each) => each.scrollWidth > each.clientWidth)
    expect(cut).toBe(false)
    await held.getByText('before\\u{202e}after').waitFor()
    await button('Approve').click()
    await button('Confirm').click()
    await heading('Nothing to decide').waitFor()
  })

  it('offers no approval of what nobody can approve', async () => {
    const [one] = companion.world.approvals
    if (one === undefined) throw new Error('there is nothing to decide')
    const lines = ['description:', '- Adds two numbers', '+ Adds\u200b two numbers']
    const impossible = { ...one, id: 'tool-1', title: 'The tool x of files is withheld', lines }
    companion.world.approvals = [{ ...impossible, approvable: false }]
    await open('Approvals')
    const held = card('The tool x of files is withheld')
    await held.getByText('+ Adds\\u{200b} two numbers', { exact: true }).waitFor()
    expect(await button('Approve').count()).toBe(0)
    await button('Put away').click()
    await heading('Nothing to decide').waitFor()
    expect(heard('approvals:decide')).toEqual([{ id: 'tool-1', approve: false }])
  })

  it('does not ask where a person narrows', async () => {
    await open('Approvals')
    await button('Deny').click()
    await heading('Nothing to decide').waitFor()
    expect(heard('approvals:decide')).toEqual([{ id: 'approval-1', approve: false }])
  })
})

describe('receipts and times', () => {
  it('tells each step in words and what remains', async () => {
    await open('Receipts')
    const receipt = card('Receipt for slack/bob')
    await receipt.getByText('Ended here only').waitFor()
    await receipt.getByText('not offered there').waitFor()
    await receipt.getByText('The access token may live on until').waitFor()
    const time = receipt.locator('time').first()
    expect(await time.innerText()).toBe('yesterday')
    expect(await time.getAttribute('title')).toContain('2026')
  })
})
