import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOwnership, isOwnGroup } from '../../main/runtime/ownership.ts'
import { createRuns } from '../../main/runtime/runs.ts'
import { type TestHome, testHome } from '../harness/home.ts'

/** `nobody` on every Linux; only root can give files away, so the tests about a second user need it. */
const OTHER = 65_534
const root = process.getuid?.() === 0
const { problem } = createOwnership()

let home: TestHome
let folder: string
let program: string
beforeEach(async () => {
  home = await testHome()
  folder = path.join(home.path, 'tools', 'bin')
  program = path.join(folder, 'server')
  await mkdir(folder, { recursive: true, mode: 0o755 })
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 })
})
afterEach(() => home[Symbol.asyncDispose]())

describe('what is about to be run', () => {
  it('is fine where root and the user alone can write', () => {
    expect(problem(program)).toBeNull()
    expect(problem(folder)).toBeNull()
    expect(problem('/bin/sh')).toBeNull()
  })

  it('may lie below a sticky folder: nobody else can rename or replace what is in it', async () => {
    await chmod(path.dirname(folder), 0o1777)
    expect(problem(program)).toBeNull()
  })

  it.each<[string, () => [string, number]]>([
    ['a program that others can write', () => [program, 0o757]],
    ['its folder', () => [folder, 0o777]],
    ['a folder above it', () => [path.dirname(folder), 0o777]],
  ])('is refused: %s', async (_what, of) => {
    const [changed, mode] = of()
    await chmod(changed, mode)
    expect(problem(program)).toBe(`${changed} can be written by other users of this machine`)
  })

  it('is refused as a working folder where others can add files, sticky or not', async () => {
    await chmod(folder, 0o1777)
    expect(problem(folder)).toContain('can be written')
  })

  it('is refused where a link leads to what others can write', async () => {
    const link = path.join(home.path, 'link')
    await symlink('tools/../tools/bin', link)
    expect(problem(path.join(link, 'server'))).toBeNull()
    await chmod(path.dirname(folder), 0o777)
    expect(problem(path.join(link, 'server'))).toContain('tools can be written')
  })

  it('is refused where links go in a circle, and where it is not there', async () => {
    await symlink('b', path.join(home.path, 'a'))
    await symlink('a', path.join(home.path, 'b'))
    expect(problem(path.join(home.path, 'a'))).toContain('circle')
    expect(problem(path.join(home.path, 'none'))).toContain('is not there')
  })

  it.runIf(root).each([
    ['a program', () => program],
    ['its folder', () => folder],
    ['a folder above it', () => path.dirname(folder)],
  ])('is refused where another user owns %s, whatever its mode', async (_what, of) => {
    await chown(of(), OTHER, OTHER)
    expect(problem(program)).toBe(`${of()} belongs to another user of this machine`)
  })

  it.runIf(root)('is refused where a group can write that has other members', async () => {
    await chmod(folder, 0o775)
    expect(problem(program)).toBeNull()
    await chown(folder, 0, OTHER)
    expect(problem(program)).toContain(`${folder} can be written`)
  })
})

describe('a group', () => {
  const users =
    'root:x:0:0::/root:\nann:x:1000:1000::/h:\nbob:x:1001:1001::/h:\ncy:x:1002:50::/h:\n'
  const groups = 'root:x:0:\nann:x:1000:\nteam:x:2000:ann,bob\nsolo:x:2001:ann\nstaff:x:50:\n'
  it.each([
    [1000, 'of her own', true],
    [2001, 'that names her alone', true],
    [2000, 'with another', false],
    [50, 'that another has by default', false],
    [3000, 'that no file names', false],
    [0, 'of root', true],
  ])('%i, %s: %s', (gid, _what, expected) => {
    expect(isOwnGroup(gid, 1000, groups, users, 'linux')).toBe(expected)
  })

  it('whose members nobody knows is somebody else’s', () => {
    expect(isOwnGroup(1000, 1000, '', '', 'linux')).toBe(false)
  })

  it('of the administrators of macOS may become root anyway', () => {
    expect(isOwnGroup(80, 501, '', '', 'darwin')).toBe(true)
    expect(isOwnGroup(80, 501, '', '', 'linux')).toBe(false)
  })
})

describe('a local server', () => {
  const runs = createRuns({
    packages: {
      look: () => Promise.reject(new Error('none')),
      install: () => Promise.reject(new Error('none')),
      place: () => '',
      has: () => false,
      giveUp: () => {},
    },
  })
  const unsafe = (definition: { command: string; args?: string[]; cwd?: string }) =>
    expect(
      runs.resolve({ name: 's', definition: { args: [], ...definition } }),
    ).rejects.toMatchObject({ code: 'server.unsafe' })

  it('is refused for its program, its script, its folder and what it loads', async () => {
    const script = path.join(folder, 'server.js')
    await writeFile(script, '')
    const node = process.execPath
    await expect(
      runs.resolve({ name: 's', definition: { command: node, args: [script], cwd: folder } }),
    ).resolves.toMatchObject({ file: node })
    await chmod(folder, 0o777)
    await unsafe({ command: program })
    await unsafe({ command: node, args: [script] })
    await unsafe({ command: node, args: ['-e', '0'], cwd: folder })
    await unsafe({ command: node, args: ['--import', script, '-e', '0'] })
  })
})
