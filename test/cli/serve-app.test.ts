import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { createControlClient } from '../../main/cli/control-client.ts'
import { createOutput } from '../../main/cli/output.ts'
import { appBeside, serveApp } from '../../main/cli/serve-app.ts'
import { errorOf } from '../e2e/support/calls.ts'
import { testHome } from '../harness/home.ts'

it.each([
  ['linux', '/opt/Warder/resources/bin/warder', '/opt/Warder/warder'],
  [
    'darwin',
    '/Applications/Warder.app/Contents/Resources/bin/warder',
    '/Applications/Warder.app/Contents/MacOS/Warder',
  ],
  ['win32', 'C:\\Warder\\resources\\bin\\warder.exe', 'C:\\Warder\\Warder.exe'],
] as const)('finds the app beside itself on %s', (platform, program, app) => {
  expect(appBeside(program, platform)).toBe(app)
})

const context = (home: string, lines: string[] = []) => ({
  home,
  control: createControlClient(home),
  output: createOutput({
    json: true,
    stdout: { write: (text: string) => void lines.push(text) },
    stderr: { write: () => undefined },
    env: {},
  }),
})

/** What stands for the app: a program that starts a headless companion, and notes what it was given. */
function appThat(folder: string, does: string): string {
  const file = path.join(folder, 'app')
  writeFileSync(file, `#!${process.execPath}\n${does}`, { mode: 0o755 })
  return file
}

const cli = path.join(import.meta.dirname, '../../main/cli.ts')

it('starts the app in the background, in the home that was named, and answers once it takes calls', async () => {
  await using home = await testHome()
  const given = path.join(home.path, 'given')
  const app = appThat(
    home.path,
    `const { spawn } = require('node:child_process')
require('node:fs').writeFileSync(${JSON.stringify(given)}, process.argv.slice(2).join() + ' ' + process.env.WARDER_HOME)
spawn(process.execPath, [${JSON.stringify(cli)}, 'serve', '--vault', 'memory'], { stdio: 'ignore' }).on('exit', process.exit)
process.on('SIGTERM', () => {})`,
  )
  const lines: string[] = []
  await serveApp(context(home.path, lines), app)
  const { pid } = await createControlClient(home.path).call('status:get', {})
  try {
    expect(JSON.parse(lines.join(''))).toMatchObject({ ready: true, vault: 'memory' })
    expect(readFileSync(given, 'utf8')).toBe(`--background ${home.path}`)
    expect(await errorOf(serveApp(context(home.path), app))).toMatchObject({
      code: 'instance.running',
    })
  } finally {
    process.kill(pid, 'SIGTERM')
  }
})

it('says where the app is missing, or ends before it takes calls, or never does', async () => {
  await using home = await testHome()
  const unreachable = { code: 'companion.unreachable' }
  const nowhere = path.join(home.path, 'nowhere')
  expect(await errorOf(serveApp(context(home.path), nowhere))).toMatchObject(unreachable)
  const failing = appThat(home.path, 'process.exit(3)')
  expect(await errorOf(serveApp(context(home.path), failing))).toMatchObject(unreachable)
  const silent = appThat(home.path, 'setTimeout(() => process.exit(0), 500)')
  expect(await errorOf(serveApp(context(home.path), silent, 0))).toMatchObject(unreachable)
})
