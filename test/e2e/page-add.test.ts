import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  button,
  card,
  companion,
  complaints,
  confirm,
  dialog,
  eventually,
  heading,
  heard,
  open,
  page,
  servePage,
} from './page-fixture.ts'

servePage()

const tab = (name: string) => dialog().getByRole('tab', { name })
const field = (name: string) =>
  dialog().getByLabel(name, { exact: true }).and(page.locator('input, textarea'))

async function addServer() {
  await open('Servers')
  await button('Add a server').click()
  await dialog().getByRole('heading', { name: 'Add a server' }).waitFor()
}

describe('adding a server', () => {
  it('looks at its address first, then adds it and goes on to the sign-in', async () => {
    await addServer()
    await field('Address').fill('https://mcp.notes.example/mcp')
    await expect(field('Name').inputValue()).resolves.toBe('notes')
    await button('Look what it asks for').click()
    for (const words of [
      'It takes sign-ins at id.notes.example',
      'https://id.notes.example',
      'notes:read',
      'by itself',
      'at the provider too, and the receipt says what was proven',
    ])
      await dialog().getByText(words, { exact: true }).waitFor()
    await button('Add the server').click()
    await page.getByRole('heading', { name: 'Add the server notes' }).waitFor()
    await confirm().click()
    await page.getByRole('heading', { name: 'Sign in to notes' }).waitFor()
    const definition = { url: 'https://mcp.notes.example/mcp', auth: 'oauth' }
    expect(heard('servers:add')).toEqual([
      { name: 'notes', definition },
      { name: 'notes', definition, confirm: 'challenge-1' },
    ])
    expect(complaints).toEqual([])
  })

  it('chooses the way in that fits what it saw, and keeps a key in the vault', async () => {
    await addServer()
    await field('Address').fill('https://keyed.example/mcp')
    await button('Look what it asks for').click()
    await dialog().getByText('It wants a key, and names nobody to sign in to').waitFor()
    await field('Value of Authorization').fill('k-1')
    await button('Add the server').click()
    await confirm().click()
    await page.getByRole('complementary', { name: 'Details of keyed' }).waitFor()
    expect(heard('secrets:set')).toEqual([{ name: 'keyed-authorization', value: 'Bearer k-1' }])
    expect(heard('servers:add').at(-1)).toMatchObject({
      definition: { auth: 'header', headers: { Authorization: 'secret:keyed-authorization' } },
    })
    expect(await page.content()).not.toContain('k-1')
  })

  it('takes the secret back where the person says no', async () => {
    await addServer()
    await field('Address').fill('https://keyed.example/mcp')
    await button('Key in a header').click()
    await field('Value of Authorization').fill('k-1')
    await button('Add the server').click()
    await page.getByRole('heading', { name: 'Add the server keyed' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog().getByText('presence.refused').waitFor()
    expect(companion.world.secrets).toEqual([])
    expect(companion.world.servers.some(({ name }) => name === 'keyed')).toBe(false)
  })

  it('lets Warder in as a service, with a secret for that provider alone', async () => {
    await addServer()
    await field('Address').fill('https://mcp.notes.example/mcp')
    await button('Look what it asks for').click()
    await dialog().getByText('It fits: it sends strangers to a provider to sign in.').waitFor()
    await button('As a service').click()
    await dialog().getByText('does not say that it lets programs in').waitFor()
    await expect(field('Issuer').inputValue()).resolves.toBe('https://id.notes.example')
    await field('Client ID').fill('warder')
    await dialog().getByText('Give its secret.').waitFor()
    await field('Client secret').fill('s-1')
    await button('Add the server').click()
    await confirm().click()
    await eventually(() => heard('servers:add').length).toBe(2)
    expect(heard('secrets:set')).toEqual([{ name: 'notes-client', value: 's-1' }])
    expect(heard('servers:add').at(-1)).toMatchObject({
      definition: {
        auth: 'service',
        oauth: {
          clientId: 'warder',
          clientSecret: 'secret:notes-client',
          issuer: 'https://id.notes.example',
        },
      },
    })
  })

  it('says that an address cannot be reached, and forgets what it saw of another', async () => {
    await addServer()
    await dialog().getByText('Is it in a private network?').click()
    await field('Networks that it may be reached in').fill('10.0.0.0/8')
    await field('Address').fill('https://open.example/mcp')
    await button('Look what it asks for').click()
    await dialog().getByText('It lets everybody in').waitFor()
    await field('Address').fill('https://gone.example/mcp')
    await eventually(() => dialog().getByText('It lets everybody in').count()).toBe(0)
    await button('Look what it asks for').click()
    await dialog().getByText('net.unreachable').waitFor()
    expect(heard('servers:look')).toEqual([
      { url: 'https://open.example/mcp', allowedNetworks: ['10.0.0.0/8'] },
      { url: 'https://gone.example/mcp', allowedNetworks: ['10.0.0.0/8'] },
    ])
  })

  it('takes a command as it is written', async () => {
    await addServer()
    await tab('Command').click()
    await field('Program').fill('npx')
    await field('Arguments').fill('-y\n@example/time@2.0.0\n/home/alice/My Notes')
    await button('Variable').click()
    await field('Variable 1').fill('TIME_KEY')
    await field('Value of TIME_KEY').fill('t-1')
    await dialog().getByText('from a file or an argument?').click()
    await button('File').click()
    await field('File 1').fill('LINEAR_FILE')
    await dialog().getByLabel('What LINEAR_FILE is').selectOption('Token of linear')
    await button('Argument').click()
    await field('Argument 1').fill('KEY')
    await dialog().getByText('Others can see it').waitFor()
    await dialog().getByText('Write {argument:KEY} among the arguments').waitFor()
    await field('Arguments').fill('-y\n@example/time@2.0.0\n/home/alice/My Notes\n{argument:KEY}')
    await field('Value of KEY').fill('a-1')
    await button('Add the server').click()
    await confirm().click()
    await page.getByRole('complementary', { name: 'Details of time' }).waitFor()
    expect(heard('servers:add').at(-1)).toMatchObject({
      name: 'time',
      definition: {
        command: 'npx',
        args: ['-y', '@example/time@2.0.0', '/home/alice/My Notes', '{argument:KEY}'],
        env: { TIME_KEY: 'secret:time-time-key' },
        files: { LINEAR_FILE: 'grant:linear' },
        arguments: { KEY: 'secret:time-key' },
      },
    })
  })

  it('asks nothing any more once its dialog was closed, and keeps no secret', async () => {
    const looked = Promise.withResolvers<void>()
    companion.world.looking = looked.promise
    await addServer()
    await field('Address').fill('https://keyed.example/mcp')
    await button('Key in a header').click()
    await field('Value of Authorization').fill('k-1')
    await button('Add the server').click()
    await button('Looking at it…').waitFor()
    await eventually(() => companion.world.secrets.length).toBe(1)
    await button('Cancel').click()
    looked.resolve()
    await eventually(() => companion.world.secrets).toEqual([])
    expect(await dialog().count()).toBe(0)
    expect(heard('servers:add')).toHaveLength(1)
  })

  it('takes a provider that Warder knows, and asks for what is missing', async () => {
    await addServer()
    await tab('Provider').click()
    await button('Microsoft Entra ID').click()
    await dialog().getByText('The directory has to allow it.').waitFor()
    await field('Name your directory').fill('contoso.example')
    await field('Address of your MCP server').fill('https://mcp.contoso.example/mcp')
    await field('Client ID').fill('app-1')
    await button('Add the server').click()
    await confirm().click()
    await page.getByRole('heading', { name: 'Sign in to entra' }).waitFor()
    expect(heard('servers:add').at(-1)).toMatchObject({
      name: 'entra',
      preset: { name: 'entra', tenant: 'contoso.example' },
      definition: { url: 'https://mcp.contoso.example/mcp', oauth: { clientId: 'app-1' } },
    })
  })

  it('takes what another client has written down', async () => {
    await addServer()
    await tab('Pasted JSON').click()
    await field('Settings of a client').fill('{ "mcpServers": ')
    await button('Read it').click()
    await dialog().getByText('server.import_invalid').waitFor()
    const env = { API_TOKEN: 'p-1-kept', OTHER_TOKEN: '${env:OTHER}' }
    const server = { command: 'uvx', args: ['mcp-time', '--utc'], env }
    await field('Settings of a client').fill(JSON.stringify({ mcpServers: { clock: server } }))
    await button('Read it').click()
    await dialog().getByText('Goes into the vault: API_TOKEN').waitFor()
    await dialog().getByText('uvx mcp-time --utc').waitFor()
    await expect(field('Name of server 1').inputValue()).resolves.toBe('clock')
    await field('OTHER_TOKEN').fill('p-2-kept')
    await button('Add this server').click()
    await confirm().click()
    await page.getByRole('complementary', { name: 'Details of clock' }).waitFor()
    expect(heard('pasted:add').at(-1)).toMatchObject({ name: 'clock', values: ['p-2-kept'] })
    // What was typed and pasted went to the companion, and is nowhere in the page any more.
    expect(heard('secrets:set')).toEqual([])
    expect(await page.content()).not.toMatch(/p-[12]-kept/)
  })
})

describe('a server', () => {
  it('is tested, and shows its tools with what they cost', async () => {
    await open('Servers')
    await page.getByRole('link', { name: 'Look at linear' }).click()
    const details = page.getByRole('complementary', { name: 'Details of linear' })
    await details.getByText('4 tools, about 1,402 tokens of a client’s context').waitFor()
    await button('Test it').click()
    await details.getByText('It works: Linear MCP 2.1.0 answered in 184 ms').waitFor()
    await details.getByText('Deletes an issue for good.').waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => details.count()).toBe(0)
    await eventually(() =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
    ).toBe('Look at linear')
  })

  it('shows what comes for it until somebody gives that up, what runs of it, what it wrote, and a newer version', async () => {
    const { world } = companion
    world.servers = world.servers.map((one) =>
      one.name === 'files' ? { ...one, state: 'ready' } : one,
    )
    world.installing = [
      {
        server: 'files',
        name: '@example/files',
        version: '1.4.2',
        since: new Date().toISOString(),
      },
    ]
    await open('Servers')
    await card('files').getByText('Fetching @example/files 1.4.2, begun just now.').waitFor()
    await button('Give up fetching for files').click()
    await eventually(() => card('files').getByText('Fetching').count()).toBe(0)
    expect(heard('servers:cancel')).toEqual([{ name: 'files' }])
    await page.getByRole('link', { name: 'Look at files' }).click()
    const details = page.getByRole('complementary', { name: 'Details of files' })
    await details.getByText('holds tokens of linear/alice@example.com').waitFor()
    await details.getByText('files: 3 folders').waitFor()
    const own = details.getByRole('region', { name: 'Package' })
    await button('Look for a newer version').click()
    await own.getByText('Its command comes to no other version than 1.4.2.').waitFor()
    world.newestPackage = '1.5.0'
    await button('Look for a newer version').click()
    await confirm().click()
    await own.getByText('Version 1.5.0 runs from now on, and no longer 1.4.2.').waitFor()
    await own.getByText('stays at version 1.5.0 of @example/files').waitFor()
  })

  it('is removed after a question, with the receipts of its accounts', async () => {
    await open('Servers')
    await button('More for linear').click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    await page.getByRole('heading', { name: 'Remove linear?' }).waitFor()
    expect(heard('servers:remove')).toEqual([])
    await dialog().getByRole('button', { name: 'Remove' }).click()
    await dialog().getByText('Proven: every token is dead').waitFor()
    await button('Done').click()
    await eventually(() => card('linear').count()).toBe(0)
  })
})

it('shows of a client what tools cost it, and which it may call', async () => {
  await open('Clients')
  const meter = card('cursor').getByRole('region', { name: 'Context of cursor' })
  await meter.getByText('about 1,592 tokens').waitFor()
  await meter.getByText('may call 3 of 4 tools').waitFor()
  await meter
    .getByText('nobody has listed their tools yet: broken')
    .or(meter.getByText('github, files, broken'))
    .waitFor()
})

it('takes a tool from a client with one press, and asks before it gives one back', async () => {
  await open('Clients')
  const meter = card('cursor').getByRole('region', { name: 'Context of cursor' })
  await meter.getByText('Take tools away from cursor').click()
  await button('Take away search of linear from cursor').click()
  await meter.getByText('may call 2 of 4 tools').waitFor()
  const trimmed = { client: 'cursor', server: 'linear' }
  expect(heard('clients:trim')).toEqual([{ ...trimmed, tool: 'search', hide: true }])
  await button('Give back delete_issue of linear to cursor').click()
  await confirm().click()
  await meter.getByText('may call 3 of 4 tools').waitFor()
  expect(heard('clients:trim').at(-1)).toEqual({
    ...trimmed,
    tool: 'delete_issue',
    hide: false,
    confirm: 'challenge-1',
  })
  expect(complaints).toEqual([])
})

it('gives a client a new token in the place of the one that it had', async () => {
  await open('Clients')
  await button('More for cursor').click()
  await page.getByRole('menuitem', { name: 'A new token' }).click()
  await dialog().getByRole('button', { name: 'Make a new one' }).click()
  await confirm().click()
  const token = dialog().getByRole('textbox', { name: 'Token' })
  await expect(token.inputValue()).resolves.toBe('shown-once-and-never-again')
  expect(heard('clients:renew')).toEqual([
    { name: 'cursor' },
    { name: 'cursor', confirm: 'challenge-1' },
  ])
})

describe('an installed client', () => {
  const row = () => page.getByRole('listitem', { name: 'Cursor', exact: true })

  it('is wired once a person has seen the change, and unwired again', async () => {
    await open('Clients')
    expect(await page.getByRole('listitem', { name: 'Zed' }).count()).toBe(0)
    await row().getByText('Not wired').waitFor()
    await button('Wire Cursor').click()
    await dialog().getByText('+ "mcpServers": { "warder": {} }').waitFor()
    expect(heard('wiring:wire')).toEqual([])
    await dialog().getByRole('button', { name: 'Wire', exact: true }).click()
    await page.getByRole('heading', { name: 'Wire Cursor', exact: true }).waitFor()
    await confirm().click()
    await dialog().getByText('Restart Cursor so that it reads the file.').waitFor()
    const asked = { client: 'cursor', digest: 'digest-1' }
    expect(heard('wiring:wire')).toEqual([asked, { ...asked, confirm: 'challenge-1' }])
    await button('Done').click()
    await row().getByText('Wired', { exact: true }).waitFor()

    await button('Unwire Cursor').click()
    await dialog().getByRole('button', { name: 'Unwire', exact: true }).click()
    await button('Done').click()
    await row().getByText('Not wired').waitFor()
    expect(heard('wiring:unwire')).toEqual([asked])
    expect(complaints).toEqual([])
  })

  it('is named where what was wired is not as it was', async () => {
    companion.world.status.wiringProblems = ['Cursor took Warder out of its file.']
    companion.world.wirings = companion.world.wirings.map((one) => ({
      ...one,
      wired: 'removed',
      problem: 'Cursor took Warder out of its file.',
    }))
    await open()
    await page.getByRole('link', { name: 'Look at it: What was wired is not as it was' }).click()
    await row().getByText('Taken out since').waitFor()
    await button('Wire Cursor').waitFor()
  })
})

it('starts with the computer where the system lets it', async () => {
  await open('Settings')
  await page.getByRole('switch', { name: 'Lock with the screen of this computer' }).click()
  expect(heard('hold:screen')).toEqual([{ lock: true }])
  expect(await page.getByRole('switch').count()).toBe(1)
  companion.world.autostart = false
  await page.reload()
  await page.getByRole('switch', { name: 'Start with this computer' }).click()
  await eventually(() => heard('autostart:set')).toEqual([{ on: true }])
})

describe('the first run', () => {
  it('leads from vault to server to client, and is gone when all is there', async () => {
    const { world } = companion
    const client = world.client
    Object.assign(world, { servers: [], clients: [], accounts: [], approvals: [], audit: [] })
    await open()
    const steps = page.getByRole('region', { name: 'Getting started' })
    await steps.getByText('They are kept in the keychain of this computer.').waitFor()
    await steps.getByRole('button', { name: 'Add a server' }).click()
    await field('Address').fill('https://open.example/mcp')
    await button('Nothing').click()
    await button('Add the server').click()
    await confirm().click()
    await heading('Servers').waitFor()
    await page.getByRole('link', { name: 'Overview' }).click()
    await steps.getByText('open is here.').waitFor()
    await steps.getByRole('button', { name: 'Wire Cursor' }).click()
    await dialog().getByText('+ "mcpServers": { "warder": {} }').waitFor()
    await button('Cancel').click()
    await steps.getByRole('button', { name: 'Another client' }).click()
    await page.getByLabel('Name').fill(client.name)
    await page.keyboard.press('Enter')
    await confirm().click()
    await button('I have kept it').click()
    await eventually(() => steps.count()).toBe(0)
    await heading('Nothing needs you').waitFor()
    expect(complaints).toEqual([])
  })
})

describe('pause and lock', () => {
  it('are done from the palette, are said on every page, and end with a person', async () => {
    await open()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('pause')
    await page.keyboard.press('Enter')
    const banner = page.getByRole('region', { name: 'Calls are paused' })
    await banner.waitFor()
    expect(heard('hold:pause')).toEqual([{}])
    await banner.getByRole('button', { name: 'End the pause' }).click()
    await confirm().click()
    await eventually(() => banner.count()).toBe(0)

    await page.keyboard.press('Control+k')
    await page.keyboard.type('lock war')
    await page.keyboard.press('Enter')
    await heading('Warder is locked').waitFor()
    expect(await page.getByRole('navigation').count()).toBe(0)
    await button('Unlock').click()
    await confirm().click()
    await heading('Overview').waitFor()
    expect(complaints).toEqual([])
  })
})

it('chooses colours, and remembers them', async () => {
  await open('Settings')
  const scheme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)
  expect(await scheme()).toBe('light dark')
  await button('Dark').click()
  expect(await scheme()).toBe('dark')
  await page.reload()
  await heading('Settings').waitFor()
  expect(await scheme()).toBe('dark')
  await button('System').click()
  expect(await scheme()).toBe('light dark')
})

it('looks for a newer version only where a person wants that, and leads to its page', async () => {
  const { world } = companion
  await open('Settings')
  await page.getByText('This build knows no place to look for updates.').waitFor()
  expect(await button('Look now').count()).toBe(0)

  world.updates = { ...world.updates, place: 'https://github.com/warder/warder' }
  await page.reload()
  await page.getByText('Nobody has looked yet').waitFor()
  await page.getByRole('switch', { name: 'Look for a newer version once a day' }).click()
  await button('Look now').click()
  await page.getByText('This is the newest').waitFor()
  expect([heard('updates:daily'), heard('updates:look')]).toEqual([[{ on: true }], [{}]])

  world.updates.newer = { version: '0.2.0', page: 'https://github.com/warder/warder' }
  await page.reload()
  await page.getByText('Version 0.2.0 is out').waitFor()
  await button('Open its page').click()
  await eventually(() => heard('updates:open')).toEqual([{}])
  expect(complaints).toEqual([])
})

it('saves the sheet for the day the computer is gone', async () => {
  await open('Settings')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button('Save the sheet').click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^warder-lost-laptop-[\d-]+\.txt$/)
  expect(await readFile(await download.path(), 'utf8')).toContain('If this machine is lost')
  await page.getByText('Saved.').waitFor()
})

it('shows the licences of what it is built of', async () => {
  await open('Settings')
  await button('Licences of what it is built of').click()
  await dialog().getByText('react - MIT').waitFor()
  await dialog().getByText('/opt/Warder/LICENSES.chromium.html').waitFor()
})
