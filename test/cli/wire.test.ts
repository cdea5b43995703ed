import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wiringClient } from '../../main/wiring/clients/index.ts'
import { driftNotes, wiredPlaces } from '../../main/wiring/drift.ts'
import { wiringFor, write } from '../wiring/house.ts'
import { warder } from './warder.ts'

/** What a person reads; no companion runs. */

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
      `Cursor is wired: ${file}\ncursor is let in when Warder starts: warder serve\n${wiringClient('cursor').next}\n`,
    )
    expect(wired.stderr).toContain('cursor may then call every tool of every server')
    expect((await run('wire')).stdout).toMatch(/^cursor +yes +1 +wired +\//m)
    expect((await run('wire', 'cursor')).stdout).toContain('Cursor was wired already')

    const back = await run('uninstall')
    expect(back.stdout).toContain(`cursor: ${file} is put back: byte for byte`)
    expect((await run('unwire', 'cursor')).code).toBe(3)
  })

  it('prints a link where a client has one, and refuses the others', async () => {
    const linked = await run('wire', 'vscode', '--link', '--yes')
    expect(linked.stdout).toMatch(/^vscode:mcp\/install\?%7B/)
    expect(decodeURIComponent(linked.stdout)).toContain('"--client","vscode"')
    const command = await run('wire', 'codex', '--link')
    expect(command.code).toBe(4)
    expect((await run('wire', 'codex', '--link', '--yes')).stdout).toContain(
      `codex mcp add warder -- ${user}/w/bin/warder-mcp --client codex\n`,
    )
    expect((await run('wire', 'zed', '--link')).code).toBe(2)
    expect((await run('wire', 'zed', '--scope', 'project')).code).toBe(2)
  })
})

it('a person is told of what a client took out, once, and not of what they did themselves', async () => {
  const wiring = wiringFor(user, 'linux')
  const cursor = wiringClient('cursor')
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
