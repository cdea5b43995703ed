import { describe, expect, it } from 'vitest'
import { document, warder } from './warder.ts'

describe('wrong usage exits 2 with one sentence', () => {
  it.each([
    [['frobnicate'], "Unknown command 'frobnicate'."],
    [['statsu'], "Unknown command 'statsu'. Did you mean status?"],
    [['status', '--frobnicate'], "Unknown option '--frobnicate'."],
    [['status', 'extra'], "Too many arguments for 'status'. Expected 0 arguments but got 1."],
    [['server', 'remove'], "Missing required argument 'name'."],
    [['connect', 'linear', '--home'], '--home needs a directory.'],
    [['--home', '', 'status'], '--home needs a directory.'],
    [['help', 'server', 'frobnicate'], 'There is no verb frobnicate.'],
    [
      ['client', 'lst', '--home', '/nowhere'],
      'There is no verb client lst. There are: add, list, renew, remove, tools.',
    ],
    [['audit', 'verify'], "Too many arguments for 'audit'. Expected 0 arguments but got 1."],
    [
      ['serve', '--vault', 'cloud'],
      "Option '--vault <kind>' argument 'cloud' is invalid. Allowed choices are keychain, file, memory.",
    ],
    [
      ['serve', '--port', '65536'],
      "Option '--port <n>' argument '65536' is invalid. Write a number from 0 to 65535.",
    ],
    [[], 'Say which verb; `warder help` shows them all.'],
  ])('%j', async (args, message) => {
    const failed = await warder([...args, '--json'])
    expect(failed.code).toBe(2)
    expect(document(failed)).toEqual({ error: { code: 'usage.invalid', message } })
    expect(failed.stderr).toBe('')
  })

  it('says it to a person on standard error, with what to do', async () => {
    const failed = await warder(['statsu'])
    expect(failed).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "warder: Unknown command 'statsu'. Did you mean status?\n  Compare it with `warder help VERB`.\n  (usage.invalid)\n",
    })
  })

  it('shows help to a person who gives no verb', async () => {
    const failed = await warder([])
    expect(failed.code).toBe(2)
    expect(failed.stdout).toBe('')
    expect(failed.stderr).toMatch(/^Usage: warder .*\n/)
  })

  it('does not repeat what was typed as the value of an unknown option', async () => {
    const failed = await warder(['secret', 'set', 'name', '--value=hunter2'])
    expect(failed.code).toBe(2)
    expect(failed.stderr).toContain("Unknown option '--value'.")
    expect(failed.stderr + failed.stdout).not.toContain('hunter2')
  })
})

describe('--json and --home', () => {
  it.each([
    [['--json', '--home', '/nonexistent/h', 'server', 'remove', 'x']],
    [['server', '--json', 'remove', '--home', '/nonexistent/h', 'x']],
    [['server', 'remove', 'x', '--home=/nonexistent/h', '--json']],
  ])('work in any position: %j', async (args) => {
    const failed = await warder(args, { env: { WARDER_HOME: '/nonexistent/other' } })
    expect(failed.code).toBe(69)
    expect(document(failed)).toEqual({
      error: {
        code: 'companion.unreachable',
        message: 'No companion answers for /nonexistent/h.',
      },
    })
  })

  it('belong to the command behind --', async () => {
    const failed = await warder(['server', 'add', 'x', '--', 'node', '--json', '--home', '/h'], {
      env: { WARDER_HOME: '/nonexistent/other' },
    })
    expect(failed.stdout).toBe('')
    expect(failed.stderr).toContain('No companion answers for /nonexistent/other.')
  })

  it('without --home, WARDER_HOME is the home', async () => {
    const failed = await warder(['status'], { env: { WARDER_HOME: '/nonexistent/w' } })
    expect(failed.code).toBe(69)
    expect(failed.stderr).toContain('/nonexistent/w')
  })
})

describe('without a companion', () => {
  it('help and version are one document with --json', async () => {
    const version = await warder(['--version', '--json'])
    expect(version.code).toBe(0)
    expect(document(version)).toEqual({ text: expect.stringMatching(/^\d+\.\d+\.\d+/) })
    const help = await warder(['help', 'server', 'add', '--json'])
    expect(help.code).toBe(0)
    expect(document(help)).toEqual({ text: expect.stringContaining('warder server add NAME') })
  })

  it('errors explains a code', async () => {
    const known = await warder(['errors', 'vault.locked', '--json'])
    expect(known.code).toBe(0)
    expect(document(known)).toMatchObject({ code: 'vault.locked', exit: 4 })
    const unknown = await warder(['errors', 'vault.\u001b[2J'])
    expect(unknown.code).toBe(3)
    expect(unknown.stderr).toContain('There is no error code vault.\\u{1b}[2J.')
    const all = await warder(['errors', '--json'])
    expect(document(all)).toContainEqual(document(known))
  })
})

describe('an old Node', () => {
  const pretend = (version: string) => [
    '--import',
    `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`,
  ]

  it.each(['20.19.0', '22.12.0'])('%s hears a sentence', async (version) => {
    const failed = await warder(['status'], { nodeOptions: pretend(version) })
    expect(failed).toEqual({
      code: 1,
      stdout: '',
      stderr: `warder: Warder needs Node 22.13 or newer; this is Node ${version}.\n`,
    })
  })

  it('is not one that is new enough', async () => {
    const passed = await warder(['--version'], { nodeOptions: pretend('22.13.0') })
    expect(passed.code).toBe(0)
  })

  it('is an error document with --json', async () => {
    const failed = await warder(['status', '--json'], { nodeOptions: pretend('18.0.0') })
    expect(failed.code).toBe(1)
    expect(document(failed)).toMatchObject({ error: { code: 'install.node_too_old' } })
  })
})
