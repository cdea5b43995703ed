import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { asksFirst, startStandIn } from '../cli/stand-in.ts'
import { startBuilt } from '../cli/warder.ts'
import { write } from '../wiring/house.ts'

/** The shipped command line and a person at a terminal of util-linux's `script`; no companion runs. */

const before = '{ "mcpServers": {} } // mine\n'

async function atTerminal() {
  const user = await mkdtemp(path.join(tmpdir(), 'wq-'))
  const file = await write(path.join(user, '.cursor', 'mcp.json'), before)
  return {
    file,
    run: (...args: string[]) =>
      startBuilt(['--home', path.join(user, 'w'), ...args], {
        terminal: true,
        env: { HOME: user },
      }),
    now: () => readFile(file, 'utf8'),
    [Symbol.asyncDispose]: () => rm(user, { recursive: true }),
  }
}

const question = /Do this\? \[y\/N\] /

it.concurrent.each(['y', 'Yes'])(
  'a client is wired after %j, and taken out again without a question',
  async (answer) => {
    await using person = await atTerminal()
    const running = person.run('wire', 'cursor')
    await running.seen('stdout', question)
    // All of it was shown before anybody was asked.
    const shown = running.stdout().split(question)[0]
    expect(shown).toContain(`+++ ${person.file}`)
    expect(shown).toMatch(/"--client", ?"cursor"/)
    expect(shown).toContain('cursor may then call every tool of every server')
    expect(await person.now()).toBe(before)
    running.child.stdin?.write(`${answer}\r`)
    const wired = await running.finished
    expect(wired.code).toBe(0)
    expect(wired.stdout).toContain(`Cursor is wired: ${person.file}`)
    expect(await person.now()).toContain('warder-mcp')

    const verb = answer === 'y' ? ['unwire', 'cursor'] : ['uninstall']
    const back = await person.run(...verb).finished
    expect(back.code).toBe(0)
    expect(back.stdout).not.toMatch(/\[y\/N\]/)
    expect(await person.now()).toBe(before)
  },
)

it.concurrent.each([
  ['no', 'n\r', 'presence.refused'],
  ['nothing', '\r', 'presence.refused'],
  ['more than a yes', 'yes please\r', 'presence.refused'],
  ['Ctrl-C', '\u0003', 'cli.cancelled'],
  ['Ctrl-D', '\u0004', 'cli.cancelled'],
  ['the end of the input', null, 'cli.cancelled'],
])('nothing is changed after %s', async (_what, typed, code) => {
  await using person = await atTerminal()
  const running = person.run('wire', 'cursor')
  await running.seen('stdout', question)
  if (typed === null) running.child.stdin?.end()
  else running.child.stdin?.write(typed)
  const done = await running.finished
  expect(done.code).toBe(1)
  expect(done.stdout).toContain(`(${code})`)
  expect(await person.now()).toBe(before)
  expect((await person.run('wire').finished).stdout).toMatch(/^cursor +yes +0 +- /m)
})

it.concurrent.each([
  ['y\r', 0],
  ['n\r', 1],
])('servers are moved into Warder after %j only', async (typed, code) => {
  const adopted = {
    done: true,
    servers: [],
    files: [],
    clients: [],
    envFiles: [],
    rights: [],
    left: [],
  }
  const challenge = { title: 'Move a server', lines: ['github of Cursor'] }
  await using companion = await startStandIn({ 'adoptions:adopt': asksFirst(challenge, adopted) })
  const args = ['doctor', '--fix', '--home', companion.home]
  const running = startBuilt(args, { terminal: true })
  await running.seen('stdout', /github of Cursor[\s\S]*Allow this\? \[y\/N\] /)
  running.child.stdin?.write(typed)
  expect((await running.finished).code).toBe(code)
  expect(companion.calls.map(({ input }) => input)).toEqual([
    { dryRun: false, duplicates: false, folder: expect.any(String) },
    ...(code === 0
      ? [{ dryRun: false, duplicates: false, folder: expect.any(String), confirm: 'the-challenge' }]
      : []),
  ])
})
