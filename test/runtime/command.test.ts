import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { findCommand } from '../../main/runtime/command.ts'
import { testHome } from '../harness/home.ts'

/** A folder `bin` with a program `tool`, a text file `notes` and a folder `folder`. */
async function workspace() {
  const home = await testHome()
  const bin = path.join(home.path, 'bin')
  await mkdir(path.join(bin, 'folder'), { recursive: true })
  await writeFile(path.join(bin, 'tool'), '#!/bin/sh\n')
  await chmod(path.join(bin, 'tool'), 0o755)
  await writeFile(path.join(bin, 'notes'), '')
  return { ...home, bin }
}

describe('findCommand', () => {
  it('finds a program on the PATH that it is given', async () => {
    await using place = await workspace()
    const empty = path.join(place.path, 'empty')
    expect(await findCommand('tool', { path: `${empty}:${place.bin}` })).toEqual({
      file: path.join(place.bin, 'tool'),
    })
    expect(await findCommand('tool', { path: empty })).toEqual({
      problem: 'there is no program "tool"',
    })
    expect(await findCommand('tool', { path: undefined })).toEqual({
      problem: 'there is no program "tool"',
    })
  })

  it('passes over entries of PATH that mean the working directory', async () => {
    await using place = await workspace()
    const relative = path.relative(process.cwd(), place.bin)
    expect(await findCommand('tool', { path: `:.:${relative}`, cwd: place.bin })).toHaveProperty(
      'problem',
    )
  })

  it('takes a command with a slash from its own place', async () => {
    await using place = await workspace()
    const file = path.join(place.bin, 'tool')
    expect(await findCommand(file, { path: '' })).toEqual({ file })
    expect(await findCommand('./tool', { path: '', cwd: place.bin })).toEqual({ file })
    expect((await findCommand('./tool', { path: place.bin })).problem).toContain('has no cwd')
  })

  it('says what is not a program', async () => {
    await using place = await workspace()
    expect((await findCommand('notes', { path: place.bin })).problem).toContain(
      'may not be executed',
    )
    expect((await findCommand('folder', { path: place.bin })).problem).toBe(
      'there is no program "folder"',
    )
    await symlink('/nowhere', path.join(place.bin, 'dangling'))
    expect((await findCommand('dangling', { path: place.bin })).problem).toBe(
      'there is no program "dangling"',
    )
  })

  it('keeps control characters out of the sentence', async () => {
    expect((await findCommand('a\nb\u001b[2J', { path: '' })).problem).toBe(
      'there is no program "a\\nb\\u001b[2J"',
    )
  })

  const onWindows = (programs: string[], command: string, cwd?: string) =>
    findCommand(
      command,
      { path: 'relative;C:\\first;D:\\node', pathExt: '.EXE;.CMD', cwd, platform: 'win32' },
      async (file) => (programs.includes(file) ? 'program' : 'absent'),
    )

  it('tries the endings of PATHEXT on Windows', async () => {
    expect(await onWindows(['D:\\node\\uvx.EXE'], 'uvx')).toEqual({ file: 'D:\\node\\uvx.EXE' })
    expect(await onWindows(['D:\\node\\uvx.exe'], 'uvx.exe')).toEqual({ file: 'D:\\node\\uvx.exe' })
    expect(await onWindows(['E:\\app\\run.EXE'], '.\\run', 'E:\\app')).toEqual({
      file: 'E:\\app\\run.EXE',
    })
    expect(await onWindows(['relative\\uvx.EXE'], 'uvx')).toHaveProperty('problem')
  })

  it.each(['npx', 'npx.cmd'])(
    'refuses a batch file and says what to do instead (%s)',
    async (command) => {
      const { problem } = await onWindows(['D:\\node\\npx.CMD', 'D:\\node\\npx.cmd'], command)
      expect(problem).toMatch(/is a batch file.*use "node" as the command/)
    },
  )
})
