import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import {
  autostartEntry,
  isAutostartEntry,
  linuxAutostartFile,
  writeAutostart,
} from '../../main/desktop/autostart-entry.ts'
import { testHome } from '../harness/home.ts'

it('lies where the desktop looks', () => {
  expect(linuxAutostartFile({ HOME: '/home/ada' })).toBe(
    '/home/ada/.config/autostart/warder.desktop',
  )
  expect(linuxAutostartFile({ HOME: '/home/ada', XDG_CONFIG_HOME: '/cfg' })).toBe(
    '/cfg/autostart/warder.desktop',
  )
  expect(linuxAutostartFile({ HOME: '/home/ada', XDG_CONFIG_HOME: 'relative' })).toBe(
    '/home/ada/.config/autostart/warder.desktop',
  )
})

it('is read back as on, and as off where the settings of the desktop switched it off', async () => {
  await using home = await testHome()
  const file = linuxAutostartFile({ HOME: home.path })
  expect(isAutostartEntry(file)).toBe(false)
  writeAutostart(file, ['/opt/Warder/warder', '--background'])
  expect(isAutostartEntry(file)).toBe(true)
  expect(statSync(file).mode & 0o022).toBe(0)
  expect(readFileSync(file, 'utf8')).toContain('Exec="/opt/Warder/warder" "--background"\n')
  appendFileSync(file, 'Hidden=true\n')
  expect(isAutostartEntry(file)).toBe(false)
  writeAutostart(file, ['/opt/Warder/warder'])
  expect(isAutostartEntry(file)).toBe(true)
})

it('escapes every character that the key knows, in the order of the specification', () => {
  const exec = autostartEntry(['/o "a"/b`c$d\\e%f\ng', '--background'])
    .split('\n')
    .find((line) => line.startsWith('Exec='))
  expect(exec).toBe('Exec="/o \\\\"a\\\\"/b\\\\`c\\\\$d\\\\\\\\e%%f\\ng" "--background"')
})

it('is started by GLib with the very arguments', async (context) => {
  context.skip(!isThere('gio'), 'gio (libglib2.0-bin) is not installed')
  await using home = await testHome()
  const record = path.join(home.path, 'record.sh')
  const seen = path.join(home.path, 'seen')
  writeFileSync(
    record,
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${seen}.part'\nmv '${seen}.part' '${seen}'\n`,
    { mode: 0o755 },
  )
  const file = linuxAutostartFile({ HOME: home.path })
  const args = ['--background', 'a "b" `c` $HOME \\d %f 100%', "it's"]
  writeAutostart(file, [record, ...args])
  const ran = Promise.withResolvers<void>()
  using _watching = watching(home.path, () => existsSync(seen) && ran.resolve())
  execFileSync('gio', ['launch', file], { stdio: 'ignore', timeout: 20_000 })
  await ran.promise
  expect(readFileSync(seen, 'utf8')).toBe(`${args.join('\n')}\n`)
})

function watching(folder: string, changed: () => unknown): Disposable {
  const watcher = watch(folder, () => void changed())
  return { [Symbol.dispose]: () => watcher.close() }
}

const isThere = (program: string) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => existsSync(path.join(folder, program)))
