import { describe, expect, it } from 'vitest'
import { readBatch } from '../../main/runtime/batch.ts'
import { findCommand } from '../../main/runtime/command.ts'

/** What npm's cmd-shim 7 writes beside a package. */
const shim = (script: string, program = 'node') =>
  [
    '@ECHO off',
    'GOTO start',
    ':find_dp0',
    'SET dp0=%~dp0',
    'EXIT /b',
    ':start',
    'SETLOCAL',
    'CALL :find_dp0',
    '',
    `IF EXIST "%dp0%\\${program}.exe" (`,
    `  SET "_prog=%dp0%\\${program}.exe"`,
    ') ELSE (',
    `  SET "_prog=${program}"`,
    '  SET PATHEXT=%PATHEXT:;.JS;=;%',
    ')',
    '',
    `endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%"  "%dp0%\\${script}" %*`,
    '',
  ].join('\r\n')

const disk = (files: Record<string, string>) => ({
  exists: (file: string) => Object.hasOwn(files, file),
  read: (file: string) => files[file] ?? '',
})

describe('a batch file', () => {
  const folder = 'C:\\Users\\ann lee\\npm'
  const script = `${folder}\\node_modules\\x\\dist\\index.js`

  it('that npm made names a script of Node, and the Node beside it', () => {
    const files = { [`${folder}\\x.cmd`]: shim('node_modules\\x\\dist\\index.js'), [script]: '' }
    expect(readBatch(`${folder}\\x.cmd`, disk(files))).toEqual({ script, node: null })
    const node = `${folder}\\node.exe`
    expect(readBatch(`${folder}\\x.cmd`, disk({ ...files, [node]: '' }))).toEqual({ script, node })
  })

  it('of a project’s own packages is read from where it lies', () => {
    const bin = 'C:\\p\\node_modules\\.bin'
    const files = { [`${bin}\\x.cmd`]: shim('..\\x\\i.mjs'), 'C:\\p\\node_modules\\x\\i.mjs': '' }
    expect(readBatch(`${bin}\\x.cmd`, disk(files))?.script).toBe('C:\\p\\node_modules\\x\\i.mjs')
  })

  it.each([['npx'], ['npm'], ['NPX']])('%s of Node stands beside its script', (name) => {
    const cli = `D:\\node\\node_modules\\npm\\bin\\${name.toLowerCase()}-cli.js`
    expect(
      readBatch(`D:\\node\\${name}.cmd`, disk({ [cli]: '', 'D:\\node\\node.exe': '' })),
    ).toEqual({
      script: cli,
      node: 'D:\\node\\node.exe',
    })
  })

  it.each([
    ['runs something else', shim('x\\i.js', 'python')],
    ['runs no script of Node', shim('x\\i.exe')],
    ['adds arguments', shim('x\\i.js').replace('"%_prog%"  ', '"%_prog%"  --require evil ')],
    ['does more', `${shim('x\\i.js')}\r\ndel C:\\x\r\n`],
    ['was written by hand', '@echo off\r\nnode "%~dp0\\x\\i.js" %*\r\n'],
    ['cannot be read', ''],
    ['names a script that is not there', shim('gone\\i.js')],
  ])('that %s is not understood', (_what, text) => {
    const files = { 'C:\\b\\x.cmd': text, 'C:\\b\\x\\i.js': '', 'C:\\b\\x\\i.exe': '' }
    expect(readBatch('C:\\b\\x.cmd', disk(files))).toBeNull()
  })
})

describe('a command that is a batch file', () => {
  const find = (programs: string[], batch: ReturnType<typeof readBatch>) =>
    findCommand(
      'x',
      { path: 'C:\\npm;D:\\node', pathExt: '.EXE;.CMD', platform: 'win32' },
      async (file) => (programs.includes(file) ? 'program' : 'absent'),
      () => batch,
    )

  it('is Node with its script: the one beside it, else the one in PATH', async () => {
    const script = 'C:\\npm\\x.js'
    const programs = ['C:\\npm\\x.CMD', 'D:\\node\\node.EXE']
    expect(await find(programs, { script, node: null })).toEqual({
      file: 'D:\\node\\node.EXE',
      script,
    })
    const beside = 'C:\\npm\\node.exe'
    expect(await find(programs, { script, node: beside })).toEqual({ file: beside, script })
  })

  it('is refused where there is no Node, and where it is not understood', async () => {
    const programs = ['C:\\npm\\x.CMD']
    expect(await find(programs, { script: 'C:\\npm\\x.js', node: null })).toEqual({
      problem: 'there is no program "node"',
    })
    expect((await find(programs, null)).problem).toContain('is a batch file')
  })
})
