import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wiringClient } from '../../main/wiring/clients/index.ts'
import { driftNotes, wiredPlaces } from '../../main/wiring/drift.ts'
import { openLedger } from '../../main/wiring/ledger.ts'
import { nextSteps } from '../../main/wiring/next.ts'
import { wiringFor, write } from '../wiring/house.ts'
import { warder } from './warder.ts'

/** What a person reads; no companion runs. */

const cursor = wiringClient('cursor')
let user: string
beforeEach(async () => {
  user = await mkdtemp(path.join(tmpdir(), 'ww-'))
})
afterEach(() => rm(user, { recursive: true }))

const run = (...args: string[]) =>
  warder(['--home', path.join(user, 'w'), ...args], { env: { HOME: user } })

describe('warder wire', () => {
  it('lists the clients, shows what would change, and says what to do then', async () => {
    const file = await write(path.join(user, '.cursor/mcp.json'), '{\n\t"mcpServers": {}\n}\n')
    const looked = await run('wire', 'cursor', '--dry-run')
    expect(looked).toMatchObject({ code: 0, stderr: '' })
    expect(looked.stdout).toContain('+                "--client",')
    expect(await readFile(file, 'utf8')).toBe('{\n\t"mcpServers": {}\n}\n')

    const wired = await run('wire', 'cursor', '--yes')
    expect(wired.stdout).toBe(
      `Cursor is wired: ${file}\ncursor is let in when Warder starts: warder serve\n${nextSteps(cursor, { action: 'wire', scope: 'user' }, false)}\n`,
    )
    expect(wired.stderr).toContain('cursor may then call every tool of every server')
    expect((await run('wire')).stdout).toMatch(/^cursor +yes +1 +wired +\//m)
    expect((await run('wire', 'cursor')).stdout).toContain('Cursor was wired already')

    const back = await run('uninstall')
    expect(back.stdout).toContain(`cursor: ${file} is put back byte for byte`)
    expect((await run('unwire', 'cursor')).code).toBe(3)
  })

  it('prints a link where a client has one, and refuses the others', async () => {
    const linked = await run('wire', 'vscode', '--link', '--yes')
    expect(linked.stdout).toMatch(/^vscode:mcp\/install\?%7B/)
    expect(decodeURIComponent(linked.stdout)).toContain('"--client","vscode"')
    expect(linked.stdout).toContain('vscode is let in when Warder starts')
    const command = await run('wire', 'codex', '--link')
    expect(command.code).toBe(4)
    expect((await run('wire', 'codex', '--link', '--yes')).stdout).toContain(
      `codex mcp add warder -- ${user}/w/bin/warder-mcp --client codex\n`,
    )
    expect((await run('wire', 'zed', '--link')).code).toBe(2)
    expect((await run('wire', 'vscode', '--link', '--dry-run', '--yes')).code).toBe(2)
    expect((await run('wire', 'zed', '--scope', 'project')).code).toBe(2)
  })
})

describe('a client that is shut out at the next start', () => {
  it('is let in again where it is wired again before that', async () => {
    const config = { clients: { cursor: {} } }
    await write(path.join(user, 'w', 'config.json'), JSON.stringify(config))
    const ledger = openLedger(path.join(user, 'w'))
    ledger.setPending('cursor', 'out')
    const wired = await run('wire', 'cursor', '--yes', '--json')
    expect(JSON.parse(wired.stdout)).toMatchObject({ admitted: 'at-next-start' })
    expect(ledger.pending()).toEqual({ cursor: 'in' })
    // And shut out as before, where that is taken back as well.
    await run('unwire', 'cursor')
    expect(ledger.pending()).toEqual({ cursor: 'out' })
  })
})

describe('warder uninstall', () => {
  const edit = async (file: string, from: string, to: string) =>
    write(file, (await readFile(file, 'utf8')).replace(from, to))

  it('takes out what a link added, and keeps what a person wrote since', async () => {
    const linked = await run('wire', 'vscode', '--link', '--yes', '--json')
    const { link } = JSON.parse(linked.stdout)
    const { name, ...entry } = JSON.parse(decodeURIComponent(link.split('?')[1]))
    const vscode = await write(
      path.join(user, '.config/Code/User/mcp.json'),
      JSON.stringify({ servers: { [name]: entry, mine: { command: 'x' } } }),
    )
    const zed = await write(path.join(user, '.config/zed/settings.json'), '{\n  "a": 1\n}\n')
    await run('wire', 'zed', '--yes')
    await edit(zed, '"a": 1', '"a": 2')
    await run('wire', 'codex', '--yes')

    expect((await run('uninstall', '--dry-run')).stdout).not.toContain('doctor')
    // As `warder doctor --fix` leaves a file that was wired before: without a copy that holds credentials.
    const file = await write(path.join(user, '.cursor/mcp.json'), '{}')
    await run('wire', 'cursor', '--yes')
    openLedger(path.join(user, 'w')).dropCopies({ client: 'cursor', scope: 'user', file })
    const looked = await run('uninstall', '--dry-run')
    expect(looked.stdout).toContain('Servers that `warder doctor --fix` moved, if there are any')
    expect(looked.stdout.match(/^(?:vscode|zed|codex): \//gm)).toHaveLength(2)
    expect(looked.stdout).toMatch(/^vscode: There is no record/m)
    expect(await readFile(zed, 'utf8')).toContain('warder')
    const done = await run('uninstall')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(await readFile(vscode, 'utf8'))).toEqual({
      servers: { mine: { command: 'x' } },
    })
    expect(JSON.parse(await readFile(zed, 'utf8'))).toEqual({ a: 2, context_servers: {} })
    expect(await readdir(user)).not.toContain('.codex')
  })

  it('keeps the copies while it cannot tell what one of them is for', async () => {
    const file = await write(path.join(user, '.cursor/mcp.json'), '{ "mcpServers": {} }')
    await run('wire', 'cursor', '--yes')
    const { folder } = openLedger(path.join(user, 'w'))
    const [record = ''] = (await readdir(folder)).filter((name) => /^cursor-/.test(name))
    await write(path.join(folder, record), '{')
    const done = await run('uninstall')
    expect(done.code).toBe(1)
    expect(done.stdout).toContain(`${path.join(folder, record)} cannot be read`)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ mcpServers: {} })
    expect(await readdir(folder)).toContain('backups')
  })
})

it('a person is told of what a client took out, once, and not of what they did themselves', async () => {
  const wiring = wiringFor(user, 'linux')
  wiring.apply(wiring.planWire(cursor, 'user'))
  const before = wiredPlaces(wiring)
  await write(cursor.userFile(wiring.where), '{}')
  const after = wiredPlaces(wiring)
  expect(driftNotes(after, before)).toEqual([
    { title: 'Cursor and Warder', body: expect.stringContaining('no longer in') },
  ])
  expect(driftNotes(after, after)).toEqual([])
  wiring.apply(wiring.planUnwire(cursor, 'user'))
  expect(driftNotes(wiredPlaces(wiring), after)).toEqual([])
})
