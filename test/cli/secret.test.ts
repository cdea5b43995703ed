import { describe, expect, it } from 'vitest'
import { asksFirst, type StandIn, startStandIn } from './stand-in.ts'
import { secretSample } from './views.ts'
import { document, startOnTerminal, warder } from './warder.ts'

const start = () => startStandIn({ 'secrets:set': () => secretSample })
const set = (companion: StandIn, stdin: string | Uint8Array) =>
  warder(['secret', 'set', 'notes-token', '--json', '--home', companion.home], { stdin })

describe('secret set, from standard input', () => {
  it.each([
    ['value', 'value'],
    ['value\n', 'value'],
    ['value\r\n', 'value'],
    ['value\n\n', 'value\n'],
    [' spaced \t', ' spaced \t'],
    ['two\nlines', 'two\nlines'],
    ['\ufeffmarked ü 🙂', '\ufeffmarked ü 🙂'],
    ['x'.repeat(65_536), 'x'.repeat(65_536)],
  ])('takes it whole but for one line break', async (stdin, value) => {
    await using companion = await start()
    const done = await set(companion, stdin)
    expect(done.code).toBe(0)
    expect(document(done)).toEqual(secretSample)
    expect(companion.calls).toEqual([
      { channel: 'secrets:set', input: { name: 'notes-token', value } },
    ])
  })

  it.each([
    ['nothing', ''],
    ['a line break only', '\n'],
    ['more than the vault takes', 'x'.repeat(65_537)],
    ['much more than the vault takes', 'x'.repeat(1_000_000)],
    ['what is not UTF-8', new Uint8Array([0x61, 0xff])],
  ])('refuses %s', async (_what, stdin) => {
    await using companion = await start()
    const failed = await set(companion, stdin)
    expect(failed.code).toBe(2)
    expect(document(failed)).toMatchObject({ error: { code: 'secret.invalid' } })
    expect(companion.calls).toEqual([])
  })

  it('asks for the server, shows the new destination, and never shows the value', async () => {
    await using companion = await startStandIn({
      'secrets:set': asksFirst({ title: 'Bind it', lines: ['to notes'] }, secretSample),
    })
    const args = ['secret', 'set', 'notes-token', '--for', 'notes', '--home', companion.home]
    const refused = await warder(args, { stdin: 'hunter2' })
    expect(refused.code).toBe(4)
    const done = await warder([...args, '--yes'], { stdin: 'hunter2' })
    expect(done.code).toBe(0)
    expect(done.stdout).toBe('The secret notes-token is in the vault, for notes only.\n')
    for (const { stdout, stderr } of [refused, done])
      expect(stdout + stderr).not.toContain('hunter2')
    expect(companion.calls.at(-1)?.input).toEqual({
      name: 'notes-token',
      value: 'hunter2',
      server: 'notes',
      confirm: 'the-challenge',
    })
  })

  it('takes no value from the command line, and does not repeat one', async () => {
    await using companion = await start()
    const args = ['secret', 'set', 'notes-token', 'hunter2', '--home', companion.home]
    const failed = await warder(args, { stdin: 'other' })
    expect(failed.code).toBe(2)
    expect(failed.stdout + failed.stderr).not.toContain('hunter2')
    expect(companion.calls).toEqual([])
  })
})

describe('secret set, on a terminal', () => {
  it('asks for the value and does not show it', async () => {
    await using companion = await start()
    const running = startOnTerminal(['secret', 'set', 'notes-token', '--home', companion.home])
    await running.seen('stdout', /Value of notes-token \(not shown\): /)
    running.child.stdin?.write('hunterX\u007f2\r')
    const done = await running.finished
    expect(done.code).toBe(0)
    expect(done.stdout).not.toContain('hunter')
    expect(companion.calls[0]?.input).toEqual({ name: 'notes-token', value: 'hunter2' })
  })

  it('Ctrl-C sends nothing', async () => {
    await using companion = await start()
    const running = startOnTerminal(['secret', 'set', 'notes-token', '--home', companion.home])
    await running.seen('stdout', /not shown/)
    running.child.stdin?.write('hunter2\u0003')
    const done = await running.finished
    expect(done.code).toBe(1)
    expect(done.stdout).not.toContain('hunter')
    expect(companion.calls).toEqual([])
  })
})
