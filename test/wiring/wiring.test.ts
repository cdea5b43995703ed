import { execFileSync } from 'node:child_process'
import {
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { wiringClient, wiringClients } from '../../main/wiring/clients/index.ts'
import { wiredPlaces } from '../../main/wiring/drift.ts'
import { findClients } from '../../main/wiring/find-clients.ts'
import { createLauncher, type Launcher } from '../../main/wiring/launcher.ts'
import type { WiringRecord } from '../../main/wiring/ledger.ts'
import { nextSteps } from '../../main/wiring/next.ts'
import { planWire } from '../../main/wiring/plan.ts'
import { isShim } from '../../main/wiring/shim-command.ts'
import type { Scope } from '../../main/wiring/types.ts'
import { unrecordedPlaces } from '../../main/wiring/unrecorded.ts'
import { watchWired } from '../../main/wiring/watch.ts'
import type { Wiring } from '../../main/wiring/wiring.ts'
import { testHome } from '../harness/home.ts'
import { wiringFor, write } from './house.ts'

const cursor = wiringClient('cursor')
const SECRET = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'
const before = `{\n  "mcpServers": {\n    "github": { "env": { "TOKEN": "${SECRET}" } }\n  }\n}\n`

async function world(content: string | null = before) {
  const user = await testHome()
  const wiring = wiringFor(user.path, 'linux')
  const file = cursor.userFile(wiring.where)
  if (content !== null) await write(file, content)
  return { user, wiring, file, [Symbol.asyncDispose]: () => user[Symbol.asyncDispose]() }
}

const wire = (wiring: Wiring, scope: 'user' | 'project' = 'user') =>
  wiring.apply(wiring.planWire(cursor, scope))

const failing = (code: string) => expect.objectContaining({ code })

describe('a file that is not as it was shown', () => {
  test('is not written', async () => {
    await using one = await world()
    const plan = one.wiring.planWire(cursor, 'user')
    await writeFile(one.file, before.replace('github', 'gitlab'))
    expect(() => one.wiring.apply(plan)).toThrow(failing('wiring.changed'))
    expect(await readFile(one.file, 'utf8')).toBe(before.replace('github', 'gitlab'))
    expect(one.wiring.ledger.records()).toEqual([])
    expect((await readdir(path.dirname(one.file))).length).toBe(1)
  })

  test('is not made where it came or went meanwhile', async () => {
    await using one = await world(null)
    const plan = one.wiring.planWire(cursor, 'user')
    await write(one.file, '{}')
    expect(() => one.wiring.apply(plan)).toThrow(failing('wiring.changed'))
    const other = one.wiring.planWire(cursor, 'user')
    await unlink(one.file)
    expect(() => one.wiring.apply(other)).toThrow(failing('wiring.changed'))
  })

  test('has another name than the same change of another file', async () => {
    await using one = await world(null)
    const files = ['one.json', 'two.json'].map((name) => path.join(one.user.path, name))
    await mkdir(path.dirname(one.file))
    const digests: string[] = []
    for (const file of files) {
      await write(file, before)
      await symlink(file, one.file)
      digests.push(one.wiring.planWire(cursor, 'user').digest)
      await unlink(one.file)
    }
    expect(new Set(digests).size).toBe(2)
  })

  test('is not the one that a link leads to by now', async () => {
    await using one = await world()
    const plan = one.wiring.planWire(cursor, 'user')
    const other = await write(path.join(one.user.path, 'other.json'), before)
    await unlink(one.file)
    await symlink(other, one.file)
    expect(() => one.wiring.apply(plan)).toThrow(failing('wiring.changed'))
    expect(await readFile(other, 'utf8')).toBe(before)
  })
})

test('a client that is not here is said to be missing, and wired all the same', async () => {
  await using one = await world(null)
  expect(one.wiring.planWire(cursor, 'user').notes).toEqual([
    expect.stringContaining('not found on this machine'),
  ])
  await mkdir(path.dirname(one.file))
  expect(one.wiring.planWire(cursor, 'user').notes).toEqual([])
})

describe('what is not ours to write', () => {
  test('a folder, a link that leads nowhere, a pipe', async () => {
    await using one = await world(null)
    const { wiring, file } = one
    const plan = () => wiring.planWire(cursor, 'user')
    await mkdir(file, { recursive: true })
    expect(plan).toThrow(failing('wiring.not_ours'))
    await rm(file, { recursive: true })
    await symlink('/nowhere', file)
    expect(plan).toThrow(failing('wiring.not_ours'))
    await unlink(file)
    execFileSync('mkfifo', [file])
    expect(plan).toThrow(failing('wiring.not_ours'))
  })

  test.runIf(process.getuid?.() === 0)('a file of another user', async () => {
    await using one = await world()
    await chown(one.file, 12_345, 12_345)
    expect(() => one.wiring.planWire(cursor, 'user')).toThrow(failing('wiring.not_ours'))
  })

  test('a place where nothing can be written leaves everything as it was', async () => {
    await using user = await testHome()
    // Not even root can make a folder behind such a link.
    const config = path.join(user.path, 'config')
    await symlink('/nowhere/at/all', config)
    const wiring = wiringFor(user.path, 'linux', { env: { XDG_CONFIG_HOME: config } })
    const zed = wiringClient('zed')
    expect(() => wiring.apply(wiring.planWire(zed, 'user'))).toThrow(failing('wiring.unwritable'))
    expect(wiring.ledger.records()).toEqual([])
  })

  test('a place where only the folders can be made has none of them afterwards', async () => {
    await using user = await testHome()
    // The name of the file still fits into a path, the longer one that it is written under does not.
    const room = 4095 - '/zed/settings.json'.length - Buffer.byteLength(user.path)
    const folders = Array.from({ length: Math.floor(room / 201) }, () => 'x'.repeat(200))
    const rest = room - folders.length * 201
    if (rest > 1) folders.push('y'.repeat(rest - 1))
    const wiring = wiringFor(user.path, 'linux', {
      env: { XDG_CONFIG_HOME: path.join(user.path, ...folders) },
    })
    const zed = wiringClient('zed')
    expect(() => wiring.apply(wiring.planWire(zed, 'user'))).toThrow(failing('wiring.unwritable'))
    expect(await readdir(user.path)).toEqual(['warder-home'])
    expect(wiring.ledger.records()).toEqual([])
  })

  test('what lies below a file', async () => {
    await using user = await testHome()
    const env = { XDG_CONFIG_HOME: await write(path.join(user.path, 'file'), '') }
    const wiring = wiringFor(user.path, 'linux', { env })
    expect(() => wiring.planWire(wiringClient('zed'), 'user')).toThrow(failing('wiring.not_ours'))
  })

  test('bytes that are no text', async () => {
    await using one = await world(null)
    await write(one.file, Buffer.from([0x7b, 0xff, 0x7d]))
    expect(() => one.wiring.planWire(cursor, 'user')).toThrow(failing('wiring.broken'))
  })

  test('servers that are no object', async () => {
    await using one = await world('{"mcpServers": ["a"]}')
    expect(() => one.wiring.planWire(cursor, 'user')).toThrow(failing('wiring.broken'))
  })

  test('two members of one name, of which the client takes the other one', async () => {
    await using one = await world('{"mcpServers": {}, "mcpServers": {"a": {"command": "b"}}}')
    expect(() => one.wiring.planWire(cursor, 'user')).toThrow(failing('wiring.unsafe_edit'))
  })

  test('a server of somebody else by our name', async () => {
    await using one = await world('{"mcpServers": {"warder": {"command": "other"}}}')
    expect(() => one.wiring.planWire(cursor, 'user')).toThrow(failing('wiring.name_taken'))
    expect(() => one.wiring.planUnwire(cursor, 'user')).toThrow(failing('wiring.not_wired'))
  })
})

describe('the way back', () => {
  test('takes out one entry where others wrote into the file since', async () => {
    await using one = await world()
    wire(one.wiring)
    const wired = await readFile(one.file, 'utf8')
    await writeFile(one.file, wired.replace('"github"', '"gitlab"'))
    const plan = one.wiring.planUnwire(cursor, 'user')
    expect(plan.notes).toEqual([expect.stringContaining('changed by others')])
    one.wiring.apply(plan)
    expect(await readFile(one.file, 'utf8')).toBe(before.replace('"github"', '"gitlab"'))
    expect(one.wiring.ledger.records()).toEqual([])
  })

  test('leads to what was before the first wiring, over an update of our own', async () => {
    await using one = await world()
    wire(one.wiring)
    const moved = wiringFor(one.user.path, 'linux', {
      launcher: createLauncher(path.join(one.user.path, 'elsewhere'), [
        '/usr/bin/node',
        '/warder.cjs',
      ]),
    })
    wire(moved)
    expect(await readFile(one.file, 'utf8')).toContain('elsewhere')
    moved.apply(moved.planUnwire(cursor, 'user'))
    expect(await readFile(one.file, 'utf8')).toBe(before)
  })

  test('is known for a file that was not written yet when Warder ended', async () => {
    await using one = await world()
    wire(one.wiring)
    const wired = await readFile(one.file, 'utf8')
    const moved = wiringFor(one.user.path, 'linux', {
      launcher: createLauncher(path.join(one.user.path, 'elsewhere'), [
        '/usr/bin/node',
        '/warder.cjs',
      ]),
    })
    wire(moved)
    await writeFile(one.file, wired)
    expect(moved.planUnwire(cursor, 'user').notes).toEqual([])
    wire(moved)
    expect(await readFile(one.file, 'utf8')).toContain('elsewhere')
    moved.apply(moved.planUnwire(cursor, 'user'))
    expect(await readFile(one.file, 'utf8')).toBe(before)
  })

  test('is known for folders that were made when Warder ended', async () => {
    await using one = await world(null)
    wire(one.wiring)
    await unlink(one.file)
    wire(one.wiring)
    one.wiring.apply(one.wiring.planUnwire(cursor, 'user'))
    expect(await readdir(one.user.path)).toEqual(['warder-home'])
  })

  test('is not lost where two do the same at once, and one of them is too late', async () => {
    await using one = await world()
    const [first, second] = [one.wiring, one.wiring].map((wiring) =>
      wiring.planWire(cursor, 'user'),
    )
    if (first === undefined || second === undefined) throw new Error('two plans')
    const { keep } = one.wiring.ledger
    const late = wiringFor(one.user.path, 'linux')
    // The other one writes after this one has looked for a record, and before it keeps its own.
    Object.assign(one.wiring.ledger, {
      keep(record: WiringRecord) {
        late.apply(second)
        keep(record)
      },
    })
    expect(() => one.wiring.apply(first)).toThrow(failing('wiring.changed'))
    expect(late.planUnwire(cursor, 'user').notes).toEqual([])
    late.apply(late.planUnwire(cursor, 'user'))
    expect(await readFile(one.file, 'utf8')).toBe(before)
  })

  test.each(['gone', 'another one by now'])(
    'takes out the entry alone where the copy is %s',
    async (what) => {
      await using one = await world()
      wire(one.wiring)
      const folder = path.join(one.user.path, 'warder-home', 'wiring', 'backups')
      const [copy = ''] = await readdir(folder, { recursive: true }).then((names) =>
        names.filter((name) => name.includes('-') && name.includes(path.sep)),
      )
      if (what === 'gone') await unlink(path.join(folder, copy))
      else await writeFile(path.join(folder, copy), '{}')
      const plan = one.wiring.planUnwire(cursor, 'user')
      expect(plan.notes).toEqual([expect.stringContaining('copy')])
      one.wiring.apply(plan)
      expect(JSON.parse(await readFile(one.file, 'utf8'))).toEqual(JSON.parse(before))
    },
  )

  test('deletes nothing where a file that Warder made has become a link to somewhere else', async () => {
    await using one = await world(null)
    wire(one.wiring)
    const kept = await write(
      path.join(one.user.path, 'dotfiles', 'mcp.json'),
      await readFile(one.file),
    )
    await unlink(one.file)
    await symlink(kept, one.file)
    const plan = one.wiring.planUnwire(cursor, 'user')
    expect(plan.notes).toEqual([expect.stringContaining('link')])
    one.wiring.apply(plan)
    expect(JSON.parse(await readFile(kept, 'utf8'))).toEqual({ mcpServers: {} })
    expect((await lstat(one.file)).isSymbolicLink()).toBe(true)
  })

  test('does not bring back what others have changed between two wirings', async () => {
    await using one = await world()
    wire(one.wiring)
    await writeFile(one.file, '{"mcpServers": {}}')
    wire(one.wiring)
    one.wiring.apply(one.wiring.planUnwire(cursor, 'user'))
    expect(await readFile(one.file, 'utf8')).toBe('{"mcpServers": {}}')
  })

  test('takes the folders along that were made for the file, and none that is used by others', async () => {
    await using one = await world(null)
    wire(one.wiring)
    one.wiring.apply(one.wiring.planUnwire(cursor, 'user'))
    expect(await readdir(one.user.path)).toEqual(['warder-home'])
    wire(one.wiring)
    await write(path.join(path.dirname(one.file), 'other'), '')
    one.wiring.apply(one.wiring.planUnwire(cursor, 'user'))
    expect(await readdir(path.dirname(one.file))).toEqual(['other'])
  })

  test('keeps a few copies, for this user alone, and the first of them until it is undone', async () => {
    await using one = await world()
    const folder = path.join(one.user.path, 'warder-home', 'wiring', 'backups')
    wire(one.wiring)
    for (let round = 0; round < 9; round++) {
      const moved = wiringFor(one.user.path, 'linux', {
        launcher: createLauncher(path.join(one.user.path, `at-${round}`), ['/n', '/c']),
      })
      wire(moved)
    }
    const [place = ''] = await readdir(folder)
    const copies = await readdir(path.join(folder, place))
    expect(copies.length).toBeLessThanOrEqual(5)
    expect(copies[0]).toMatch(/^000001-/)
    for (const copy of copies)
      expect((await stat(path.join(folder, place, copy))).mode & 0o777).toBe(0o600)
    one.wiring.apply(one.wiring.planUnwire(cursor, 'user'))
    expect(await readFile(one.file, 'utf8')).toBe(before)
  })

  test('is not taken from a ledger that another user could have written', async () => {
    await using one = await world()
    wire(one.wiring)
    const folder = path.join(one.user.path, 'warder-home', 'wiring')
    const [record = ''] = (await readdir(folder)).filter((name) => name.endsWith('.json'))
    execFileSync('chmod', ['666', path.join(folder, record)])
    expect(one.wiring.ledger.records()).toEqual([])
  })

  test('what the client added to our entry stays as long as it starts the same', async () => {
    await using one = await world()
    wire(one.wiring)
    const wired = await readFile(one.file, 'utf8')
    await writeFile(one.file, wired.replace('"args"', '"disabledTools": ["x"], "args"'))
    expect(one.wiring.planWire(cursor, 'user').changes).toBe(false)
    expect(wiredPlaces(one.wiring).map(({ state }) => state)).toEqual(['wired'])
  })
})

describe('what is shown', () => {
  const layouts: Record<string, string> = {
    lines: before,
    'one line': JSON.stringify({ mcpServers: { a: { env: { TOKEN: SECRET } } } }),
    'a value beside': `{\n  "apiKey": "${SECRET}"\n}\n`,
    'a comment beside': `{\n  "a": 1 // ${SECRET}\n}\n`,
    'in a long comment': `{\n  /*\n   * "${SECRET}\n   ${SECRET} */\n  "a": 1\n}\n`,
    'a name that looks like a value': `{ "a": ["${SECRET}", "${SECRET}"] }`,
  }

  test.each(Object.entries(layouts))('holds no value of others: %s', async (_name, content) => {
    await using one = await world(content)
    const plan = one.wiring.planWire(cursor, 'user')
    expect(plan.diff.join('\n')).not.toContain(SECRET)
    expect(plan.diff.join('\n')).toContain('warder-mcp')
    one.wiring.apply(plan)
    const back = one.wiring.planUnwire(cursor, 'user')
    expect(back.diff.join('\n')).not.toContain(SECRET)
    expect(back.diff.join('\n')).toContain('warder-mcp')
  })

  test.each([
    ['codex', `key = "${SECRET}"\n`],
    ['codex', `key = """\n${SECRET}\n"""\n`],
    ['codex', `mcp_servers = { a = { env = { K = "${SECRET}" } } }\n`],
    ['goose', `extensions:\n  a:\n    envs: {K: ${SECRET}}\n    b: |\n      ${SECRET}\n`],
    ['goose', `key: ${SECRET}`],
    ['goose', `extensions: { a: { envs: { K: ${SECRET} } } }\n`],
  ] as const)('nor those of %s', async (id, content) => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const client = wiringClient(id)
    await write(client.userFile(wiring.where), content)
    const { diff } = wiring.planWire(client, 'user')
    expect(diff.join('\n')).not.toContain(SECRET)
    expect(diff.join('\n')).toContain('warder-mcp')
  })

  test('is a unified diff that patch applies where no value had to be left out', async () => {
    const content = '{\n  "mcpServers": {\n    "a": {\n    }\n  }\n}\n'
    await using one = await world(content)
    const plan = one.wiring.planWire(cursor, 'user')
    const copy = await write(path.join(one.user.path, 'copy.json'), content)
    const patch = await write(path.join(one.user.path, 'p.diff'), `${plan.diff.join('\n')}\n`)
    execFileSync('git', ['apply', '--unsafe-paths', '-p0', '--directory=/', '--check', patch], {
      cwd: '/',
      stdio: 'pipe',
    })
    one.wiring.apply(plan)
    expect(await readFile(copy, 'utf8')).toBe(content)
  })
})

describe('a file of a project', () => {
  test.each([
    ['claude-code', `\${HOME}/warder-home/bin/warder-mcp`],
    ['gemini', `\${HOME}/warder-home/bin/warder-mcp`],
    ['cursor', `\${userHome}/warder-home/bin/warder-mcp`],
    ['vscode', `\${userHome}/warder-home/bin/warder-mcp`],
  ] as const)('of %s names the home of whoever reads it', async (id, command) => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const plan = wiring.planWire(wiringClient(id), 'project')
    expect(plan.entry).toMatchObject({ command })
    expect(plan.after?.toString()).not.toContain(user.path)
    wiring.apply(plan)
    expect((await stat(plan.before.file)).mode & 0o777).toBe(0o644)
    const folder = await stat(path.dirname(plan.before.file))
    expect(folder.mode & 0o777).toBe(0o755 & ~process.umask())
    wiring.apply(wiring.planUnwire(wiringClient(id), 'project'))
    expect(await readdir(user.path)).toEqual(['warder-home'])
  })

  test('is not written through a link that leads out of the project', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const project = path.join(user.path, 'project')
    const elsewhere = await write(path.join(user.path, 'elsewhere', 'mcp.json'), '{}')
    const plan = () => wiring.planWire(cursor, 'project')
    await mkdir(project)
    await symlink(path.dirname(elsewhere), path.join(project, '.cursor'))
    expect(plan).toThrow(failing('wiring.not_ours'))
    await unlink(elsewhere)
    expect(plan).toThrow(failing('wiring.not_ours'))
    await unlink(path.join(project, '.cursor'))
    await write(elsewhere, '{}')
    await mkdir(path.join(project, '.cursor'))
    await symlink(elsewhere, path.join(project, '.cursor', 'mcp.json'))
    expect(plan).toThrow(failing('wiring.not_ours'))
    await unlink(path.join(project, '.cursor', 'mcp.json'))
    await symlink('../shared.json', path.join(project, '.cursor', 'mcp.json'))
    await write(path.join(project, 'shared.json'), '{}')
    expect(plan().notes).toContainEqual(expect.stringContaining('shared.json'))
  })

  test('that two clients read starts Warder for one of them', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    wiring.apply(wiring.planWire(wiringClient('vscode'), 'project'))
    expect(() => wiring.planWire(wiringClient('vscode-insiders'), 'project')).toThrow(
      failing('wiring.name_taken'),
    )
  })

  test('is said to be of this machine where the client knows no such name', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    expect(wiring.planWire(wiringClient('codex'), 'project').notes).toContainEqual(
      expect.stringContaining('others who use the project'),
    )
    expect(() => wiring.planWire(wiringClient('zed'), 'project')).toThrow(
      failing('wiring.no_scope'),
    )
  })

  test('is none where it is the file of the user', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const where = { ...wiring.where, folder: user.path }
    expect(() => planWire({ ...wiring, where }, cursor, 'project')).toThrow(
      failing('wiring.no_scope'),
    )
    for (const { files } of findClients(where, () => null))
      expect(new Set(files.map(({ file }) => file)).size).toBe(files.length)
  })

  test('is said to be of this machine where Warder lies outside of the home directory', async () => {
    await using user = await testHome()
    const launcher = createLauncher('/srv/warder', ['/usr/bin/node', '/warder.cjs'])
    const notes = (options: { launcher?: Launcher }) =>
      wiringFor(user.path, 'linux', options).planWire(cursor, 'project').notes.join()
    expect(notes({ launcher })).toContain('others who use the project')
    expect(notes({})).not.toContain('others who use the project')
  })
})

describe('what clients start', () => {
  test('leads to the program of now, and is written anew when that has moved', async () => {
    await using home = await testHome()
    const program = await write(
      path.join(home.path, "o'brien", 'program'),
      '#!/bin/sh\necho "$@"\n',
    )
    const launcher = createLauncher(path.join(home.path, 'w'), ['/bin/sh', program])
    expect(launcher.works()).toBe(false)
    expect(launcher.refresh()).toBe(true)
    expect(launcher.refresh()).toBe(false)
    expect(launcher.works()).toBe(true)
    const { command, args } = launcher.command('cursor')
    expect((await stat(command)).mode & 0o777).toBe(0o700)
    expect(execFileSync(command, [...args, 'a b'], { env: {}, encoding: 'utf8' })).toBe(
      `mcp --home ${path.join(home.path, 'w')} --client cursor a b\n`,
    )
    await rm(program)
    expect(launcher.works()).toBe(false)
    const moved = createLauncher(path.join(home.path, 'w'), ['/bin/sh', '/bin/sh'])
    expect(moved.refresh()).toBe(true)
    expect(moved.works()).toBe(true)
    expect(moved.command('cursor')).toEqual(launcher.command('cursor'))
  })

  test('is the executable itself on Windows, where a script is no program', () => {
    const launcher = createLauncher('C:\\w', ['C:\\Warder\\warder.exe'], 'win32')
    const shim = launcher.command('cursor')
    expect(shim).toEqual({
      command: 'C:\\Warder\\warder.exe',
      args: ['mcp', '--home', 'C:\\w', '--client', 'cursor'],
    })
    expect(isShim(shim.command, shim.args)).toBe(true)
    expect(launcher.refresh()).toBe(false)
    expect(launcher.works()).toBe(false)
  })

  test('a process without a command line says so, unless another one has written it', async () => {
    await using home = await testHome()
    expect(() => createLauncher(home.path, null).refresh()).toThrow(failing('wiring.no_shim'))
    createLauncher(home.path, ['/bin/sh', '/bin/sh']).refresh()
    expect(createLauncher(home.path, null).refresh()).toBe(false)
  })
})

describe('a client that changes what was wired', () => {
  const told = (watching: ReturnType<typeof watchWired>) =>
    new Promise<string[]>((resolve) => {
      const end = watching.events.on('changed', (places) => {
        end()
        resolve(places.map(({ state }) => state))
      })
    })

  test('is noticed, and so is that it was mended', async () => {
    await using one = await world()
    wire(one.wiring)
    const wired = await readFile(one.file, 'utf8')
    const watching = watchWired(one.wiring)
    try {
      const steps: [content: string, state: string][] = [
        [wired.replace('"--client"', '"--klient"'), 'changed'],
        [before, 'removed'],
        ['{ "mcpServers": ', 'unreadable'],
        [JSON.stringify(JSON.parse(wired)), 'wired'],
      ]
      for (const [content, state] of steps) {
        const next = told(watching)
        await writeFile(one.file, content)
        expect(await next).toEqual([state])
        expect(wiredPlaces(one.wiring)[0]?.problem === null).toBe(state === 'wired')
      }
    } finally {
      watching.close()
    }
  })

  test('is none where only what it starts is gone, and that is said', async () => {
    await using one = await world()
    wire(one.wiring)
    await rm(one.wiring.launcher.command('cursor').command)
    const problem = () => wiredPlaces(one.wiring)[0]?.problem
    expect(problem()).toContain(`What Cursor starts by ${one.file} is gone`)
    wire(one.wiring)
    expect(problem()).toBeNull()
  })

  test('is noticed as well where the command line wires while the companion runs', async () => {
    await using one = await world()
    const watching = watchWired(one.wiring)
    try {
      const next = told(watching)
      wire(one.wiring)
      expect(await next).toEqual(['wired'])
      const removed = told(watching)
      await writeFile(one.file, before)
      expect(await removed).toEqual(['removed'])
    } finally {
      watching.close()
    }
  })
})

test.each(['/a b/warder-mcp', '/50%25/ä-日/~"x"?>/warder-mcp'])(
  'a link of Cursor and VS Code says what the file would, however it is decoded: %s',
  (command) => {
    const entry = { command, args: ['--client', 'cursor'] }
    const link = new URL(cursor.link?.('warder', entry) ?? '')
    expect(link.host + link.pathname).toBe('anysphere.cursor-deeplink/mcp/install')
    const config = link.searchParams.get('config') ?? ''
    expect(config).toMatch(/^[A-Za-z0-9]+$/)
    expect(JSON.parse(atob(config))).toEqual(entry)
    // As its mcpUrlHandler.ts does: the query of a URI is decoded when it is parsed, and then again.
    const [scheme = '', query = ''] = (wiringClient('vscode').link?.('warder', entry) ?? '').split(
      '?',
    )
    expect(scheme).toBe('vscode:mcp/install')
    expect(JSON.parse(decodeURIComponent(decodeURIComponent(query)))).toEqual({
      name: 'warder',
      ...entry,
    })
  },
)

describe('what a person does next', () => {
  const steps = (running: boolean | null, action: 'wire' | 'unwire', scope: Scope = 'user') =>
    nextSteps(wiringClient('vscode'), { action, scope }, running)

  test('is said of a client that runs, and for one of which nobody knows', () => {
    expect(steps(true, 'wire')).toBe(
      'VS Code is running: it reads the file by itself. Start the server under "MCP: List Servers", and trust it there.',
    )
    for (const running of [false, null])
      expect(steps(running, 'wire')).toMatch(/^If VS Code runs, it reads/)
  })

  test('is nothing about trust where Warder was taken out', () => {
    expect(steps(true, 'unwire')).toBe('VS Code is running: it reads the file by itself.')
  })

  test.each(wiringClients)('is a sentence for $title', (client) => {
    for (const action of ['wire', 'unwire'] as const)
      for (const scope of ['user', 'project'] as const)
        for (const sentence of nextSteps(client, { action, scope }, true).split(/(?<=\.) /))
          expect(sentence).toMatch(/^[A-Z].*\.$/)
  })
})

describe('an entry that no record knows', () => {
  test('is found where a link or a command of the client added it for this home', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const { command, args } = wiring.launcher.command('cursor')
    const file = await write(
      cursor.userFile(wiring.where),
      JSON.stringify({ mcpServers: { warder: { command, args, type: 'stdio' } } }),
    )
    expect(unrecordedPlaces(wiring)).toEqual([{ client: 'cursor', scope: 'user', file }])
    wire(wiring)
    expect(unrecordedPlaces(wiring)).toEqual([])
  })

  test('is none of ours where it starts Warder of another home', async () => {
    await using user = await testHome()
    const wiring = wiringFor(user.path, 'linux')
    const { args } = wiring.launcher.command('cursor')
    const entry = { command: '/other/home/bin/warder-mcp', args }
    await write(cursor.userFile(wiring.where), JSON.stringify({ mcpServers: { warder: entry } }))
    expect(unrecordedPlaces(wiring)).toEqual([])
  })
})

test('no two clients share a file', async () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    const files = wiringClients.map((client) =>
      client.userFile({ home: '/h', env: {}, platform, folder: '/p' }),
    )
    expect(new Set(files).size).toBe(files.length)
  }
})
