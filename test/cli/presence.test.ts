import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { asksFirst, startStandIn } from './stand-in.ts'
import { approvalSample, clientSample } from './views.ts'
import { document, startOnTerminal, warder } from './warder.ts'

const added = { client: clientSample, bearer: 'the-bearer', http: 'http://127.0.0.1:7100' }
const longLine = `runs ${'x'.repeat(5000)} end`
const challenge = {
  title: 'Let the client cursor in',
  lines: ['cursor gets a socket', longLine, 'a\u001b[8mhidden\nfaked line'],
}
const shown = [
  'Let the client cursor in',
  '  cursor gets a socket',
  `  ${longLine}`,
  '  a\\u{1b}[8mhidden\\u{a}faked line',
  '',
].join('\n')

const start = () => startStandIn({ 'clients:add': asksFirst(challenge, added) })

describe('what widens trust, without a terminal', () => {
  it('is shown in full and refused with exit 4', async () => {
    await using companion = await start()
    const failed = await warder(['client', 'add', 'cursor', '--json', '--home', companion.home])
    expect(failed.code).toBe(4)
    expect(failed.stderr).toBe(shown)
    expect(document(failed)).toEqual({
      error: {
        code: 'presence.required',
        message: 'A person has to confirm this.',
        details: { challenge: 'the-challenge', ...challenge },
      },
    })
    expect(companion.calls).toEqual([{ channel: 'clients:add', input: { name: 'cursor' } }])
  })

  it('is shown in full and confirmed with --yes', async () => {
    await using companion = await start()
    const done = await warder([
      'client',
      'add',
      'cursor',
      '--yes',
      '--json',
      '--home',
      companion.home,
    ])
    expect(done.stderr).toBe(shown)
    expect(done.code).toBe(0)
    expect(document(done)).toEqual(added)
    expect(companion.calls.map((call) => call.input)).toEqual([
      { name: 'cursor' },
      { name: 'cursor', confirm: 'the-challenge' },
    ])
  })

  it('shows a new bearer once, on standard output only', async () => {
    await using companion = await start()
    const done = await warder(['client', 'add', 'cursor', '--yes', '--home', companion.home])
    expect(done.stdout.match(/the-bearer/g)).toHaveLength(1)
    expect(done.stdout).toContain('http://127.0.0.1:7100/mcp/SERVER')
    expect(done.stderr).not.toContain('the-bearer')
  })

  it('is not confirmed a second time when the companion asks again', async () => {
    await using companion = await startStandIn({
      'clients:add': () => {
        throw new WarderError('presence.required', 'A second factor is needed.', {
          details: { challenge: 'another', title: 'Again', lines: [] },
        })
      },
    })
    const failed = await warder([
      'client',
      'add',
      'cursor',
      '--yes',
      '--json',
      '--home',
      companion.home,
    ])
    expect(failed.code).toBe(4)
    expect(companion.calls).toHaveLength(2)
  })
})

describe('what widens trust, on a terminal', () => {
  it.each(['y', 'YES'])('happens after %s', async (answer) => {
    await using companion = await start()
    const running = startOnTerminal(['client', 'add', 'cursor', '--home', companion.home])
    await running.seen('stdout', /Allow this\? \[y\/N\] /)
    running.child.stdin?.write(`${answer}\r`)
    const done = await running.finished
    expect(done.code).toBe(0)
    expect(done.stdout).toContain('the-bearer')
    expect(done.stdout).toContain(longLine)
  })

  it.each(['n', '', 'yes please', '\u0003', '\u0004'])(
    'does not happen after %j',
    async (answer) => {
      await using companion = await start()
      const running = startOnTerminal(['client', 'add', 'cursor', '--home', companion.home])
      await running.seen('stdout', /Allow this\? \[y\/N\] /)
      running.child.stdin?.write(`${answer}\r`)
      const done = await running.finished
      expect(done.code).toBe(1)
      expect(companion.calls).toHaveLength(1)
    },
  )

  it('asks on the terminal while standard input is a file', async () => {
    await using companion = await start()
    const args = ['client', 'add', 'cursor', '--home', companion.home]
    const running = startOnTerminal(args, '/dev/null')
    await running.seen('stdout', /Allow this\? \[y\/N\] /)
    running.child.stdin?.write('y\r')
    expect((await running.finished).code).toBe(0)
  })
})

describe('approvals', () => {
  const two = [approvalSample, { ...approvalSample, id: 'change-2' }]
  const startTwo = () =>
    startStandIn({
      'approvals:list': () => two,
      'approvals:decide': (input) =>
        input.approve
          ? asksFirst({ title: 'Allow more', lines: [input.id] }, two.slice(0, 1))(input)
          : [],
    })

  it('approves each by itself', async () => {
    await using companion = await startTwo()
    const args = ['approvals', 'approve', '--all', '--yes', '--json', '--home', companion.home]
    const done = await warder(args)
    expect(done.code).toBe(0)
    expect(document(done)).toEqual([approvalSample])
    expect(companion.calls.map((call) => call.input)).toEqual([
      {},
      { id: 'change-1', approve: true },
      { id: 'change-1', approve: true, confirm: 'the-challenge' },
      { id: 'change-2', approve: true },
      { id: 'change-2', approve: true, confirm: 'the-challenge' },
    ])
  })

  it('denies without asking', async () => {
    await using companion = await startTwo()
    const done = await warder(['approvals', 'deny', 'change-1', '--home', companion.home])
    expect(done).toEqual({ code: 0, stdout: 'Denied.\nNothing waits for you.\n', stderr: '' })
    expect(companion.calls.map((call) => call.input)).toEqual([{ id: 'change-1', approve: false }])
  })

  it.each([[[]], [['change-1', '--all']]])('wants IDs or --all: %j', async (ids) => {
    const failed = await warder(['approvals', 'approve', ...ids, '--home', '/nonexistent'])
    expect(failed.code).toBe(2)
  })
})
