import { chmod, mkdir, realpath, rename, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Packages } from '../../main/runtime/packages.ts'
import { createRuns } from '../../main/runtime/runs.ts'
import { destination, describe as inWords } from '../../main/servers/servers.ts'
import type { LocalServer } from '../../main/store/config-schema.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'

const none = () => Promise.reject(new Error('no registry is asked for'))
const packages: Packages = {
  look: none,
  install: none,
  place: () => '',
  has: () => false,
  giveUp: () => {},
}
const runs = createRuns({ packages })
const node = process.execPath

let home: TestHome
beforeEach(async () => {
  home = await testHome()
})
afterEach(() => home[Symbol.asyncDispose]())

const inHome = (...names: string[]) => path.join(home.path, ...names)
const pinOf = async (definition: Omit<LocalServer, 'args'> & { args?: string[] }) =>
  (await runs.resolve({ name: 's', definition: { args: [], ...definition } })).pin

async function write(file: string, text: string, mode = 0o644): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text, { mode })
  await chmod(file, mode)
  return file
}

describe('what a command comes to', () => {
  it('is the program, the script it runs and the package that this belongs to', async () => {
    expect(await pinOf({ command: node, args: [...everythingStdio.args] })).toEqual({
      program: node,
      files: [await realpath(everythingStdio.args[0])],
      package: {
        name: '@modelcontextprotocol/server-everything',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      },
    })
  })

  it('is another one when the package is, and when a link leads elsewhere', async () => {
    const script = await write(inHome('one', 'main.js'), '')
    await write(inHome('two', 'main.js'), '')
    const manifest = (version: string) =>
      write(inHome('one', 'package.json'), JSON.stringify({ name: 'p', version }))
    await manifest('1.0.0')
    await symlink('one', inHome('current'))
    const definition = { command: node, args: [inHome('current', 'main.js')] }
    const before = await pinOf(definition)
    expect(before).toEqual({
      program: node,
      files: [script],
      package: { name: 'p', version: '1.0.0' },
    })
    await manifest('1.0.1')
    expect(await pinOf(definition)).toMatchObject({ package: { version: '1.0.1' } })
    await symlink('two', inHome('next'))
    await rename(inHome('next'), inHome('current'))
    expect(await pinOf(definition)).toMatchObject({ files: [inHome('two', 'main.js')] })
  })

  it('is found in the PATH that the child gets', async () => {
    const program = await write(inHome('bin', 'mcp-x'), '#!/bin/sh\n', 0o755)
    const env = { PATH: inHome('bin') }
    expect(await pinOf({ command: 'mcp-x', env })).toEqual({ program, interpreter: '/bin/sh' })
    await expect(pinOf({ command: 'mcp-x' })).rejects.toMatchObject({ code: 'server.start_failed' })
  })

  it.each([
    ['#!/usr/bin/env node\n', 'node'],
    ['#!/usr/bin/env -S node --x\n', 'node'],
    ['#!/bin/sh -e\n', '/bin/sh'],
  ])('says what the first line %j has it run by', async (line, word) => {
    const program = await write(inHome('server'), line, 0o755)
    const { interpreter } = await pinOf({ command: program })
    expect(path.basename(interpreter ?? '')).toBe(path.basename(word))
  })

  it('reads a relative script in its folder, as Node completes it', async () => {
    const script = await write(inHome('lib', 'index.js'), '')
    expect(await pinOf({ command: node, args: ['lib'], cwd: home.path })).toMatchObject({
      files: [script],
    })
    expect(await pinOf({ command: node, args: ['./lib/index'], cwd: home.path })).toMatchObject({
      files: [script],
    })
  })

  it('is refused where the script is not there', async () => {
    await expect(pinOf({ command: node, args: [inHome('none.js')] })).rejects.toMatchObject({
      code: 'server.start_failed',
      message: expect.stringContaining('no script'),
    })
  })

  it('is refused where the version is left open', async () => {
    await expect(pinOf({ command: 'uvx', args: ['name'] })).rejects.toMatchObject({
      code: 'server.unpinned',
    })
  })
})

describe('a start', () => {
  const confirmed = (definition: LocalServer) => runs.confirmed({ name: 's', definition })

  it('needs that somebody approved it', async () => {
    await expect(confirmed({ command: node, args: ['-e', '0'] })).rejects.toMatchObject({
      code: 'server.held',
    })
  })

  it('is of what was approved, and of nothing else', async () => {
    const script = await write(inHome('main.js'), '')
    await write(inHome('package.json'), '{"name":"p","version":"1.0.0"}')
    const definition = { command: node, args: [script] }
    const { pin } = await runs.resolve({ name: 's', definition })
    expect(await confirmed({ ...definition, pin })).toMatchObject({ file: node, args: [script] })
    await write(inHome('package.json'), '{"name":"p","version":"2.0.0"}')
    await expect(confirmed({ ...definition, pin })).rejects.toMatchObject({
      code: 'server.changed',
      message: expect.stringContaining('version 2.0.0'),
    })
  })

  it('is another destination for a secret, and described otherwise, with each part of it', async () => {
    const written = { command: node, args: ['x.js'] }
    const pins = [
      undefined,
      { program: node },
      { program: '/other' },
      { program: node, interpreter: '/bin/sh' },
      { program: node, files: ['/a.js'] },
      { program: node, files: ['/a.js', '/b.js'] },
      { program: node, package: { name: 'p', version: '1' } },
      { program: node, package: { name: 'p', version: '2' } },
      { program: node, package: { name: 'p', version: '2', integrity: 'sha512-x' } },
    ]
    const definitions = pins.map((pin) => ({ ...written, ...(pin && { pin }) }))
    expect(new Set(definitions.map(destination)).size).toBe(pins.length)
    const texts = definitions.map((definition) => inWords({ name: 's', definition }).join('\n'))
    expect(new Set(texts).size).toBe(pins.length)
  })
})
