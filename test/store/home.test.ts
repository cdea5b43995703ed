import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { homeDirectory, homeId, socketDirectory } from '../../main/store/home.ts'
import { launchEnvironment, writeRunFile } from '../../main/store/run-file.ts'
import { testHome } from '../harness/home.ts'

const refused = expect.objectContaining({ code: 'store.unwritable' })

describe('the home', () => {
  it('is the flag, else WARDER_HOME, else one place for each system; always absolute', () => {
    const env = { HOME: '/home/me', WARDER_HOME: '/somewhere' }
    expect(homeDirectory({ flag: 'here', env })).toBe(path.resolve('here'))
    expect(homeDirectory({ env })).toBe('/somewhere')
    expect(homeDirectory({ flag: '', env: { ...env, WARDER_HOME: '' } })).toContain('/home/me/')
  })

  it.runIf(process.platform === 'linux')('honours XDG_DATA_HOME', () => {
    expect(homeDirectory({ env: { HOME: '/home/me', XDG_DATA_HOME: '/data' } })).toBe(
      '/data/warder',
    )
    expect(homeDirectory({ env: { HOME: '/home/me' } })).toBe('/home/me/.local/share/warder')
  })

  it('has an id that a slash at the end does not change', () => {
    expect(homeId('/a/b/')).toBe(homeId('/a/b'))
    expect(homeId('/a/b')).toMatch(/^[0-9a-f]{12}$/)
    expect(homeId('/a/c')).not.toBe(homeId('/a/b'))
  })
})

describe.runIf(process.platform !== 'win32')('the directory of the sockets', () => {
  it('is ours alone, even where it was there with another mode', async () => {
    await using runtime = await testHome()
    const make = () => socketDirectory('/some/home', { XDG_RUNTIME_DIR: runtime.path })
    const directory = make()
    expect(directory).toBe(path.join(runtime.path, `warder-${homeId('/some/home')}`))
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    chmodSync(directory, 0o777)
    expect(statSync(make()).mode & 0o777).toBe(0o700)
  })

  it('leaves room for the longest socket, or lies elsewhere', async () => {
    await using runtime = await testHome()
    const deep = path.join(runtime.path, 'd'.repeat(60))
    mkdirSync(deep)
    const directory = socketDirectory(runtime.path, { XDG_RUNTIME_DIR: deep })
    expect(directory.startsWith(deep)).toBe(false)
    expect(directory.startsWith(os.tmpdir())).toBe(true)
    // sockaddr_un holds 104 bytes on macOS, one of them the end.
    const longest = path.join(directory, `client-${'c'.repeat(32)}.sock`)
    expect(Buffer.byteLength(longest)).toBeLessThanOrEqual(103)
  })

  it('takes a base that is a link, as /tmp is on macOS', async () => {
    await using runtime = await testHome()
    const link = path.join(runtime.path, 'l')
    mkdirSync(path.join(runtime.path, 'd'))
    symlinkSync(path.join(runtime.path, 'd'), link)
    expect(socketDirectory('/h', { XDG_RUNTIME_DIR: link }).startsWith(link)).toBe(true)
  })

  it('is refused where somebody left a link or a file in its place', async () => {
    await using runtime = await testHome()
    const env = { XDG_RUNTIME_DIR: runtime.path }
    const target = path.join(runtime.path, 'target')
    mkdirSync(target, { mode: 0o755 })
    symlinkSync(target, path.join(runtime.path, `warder-${homeId('/h')}`))
    expect(() => socketDirectory('/h', env)).toThrow(refused)
    expect(statSync(target).mode & 0o777).toBe(0o755)
    writeRunFile(runtime.path, {
      version: 1,
      control: '',
      clients: {},
      http: '',
      argv: [],
      env: {},
      pid: 1,
    })
  })

  it.runIf(process.getuid?.() === 0)('is refused where it is another user’s', async () => {
    await using runtime = await testHome()
    const directory = path.join(runtime.path, `warder-${homeId('/h')}`)
    mkdirSync(directory, { mode: 0o700 })
    chownSync(directory, 65534, 65534)
    expect(() => socketDirectory('/h', { XDG_RUNTIME_DIR: runtime.path })).toThrow(refused)
    expect(statSync(directory).uid).toBe(65534)
  })
})

describe('run.json', () => {
  it('is for its owner alone and holds what was written', async () => {
    await using home = await testHome()
    const run = {
      version: 1,
      control: '/run/control.sock',
      clients: { cursor: '/run/client-cursor.sock' },
      http: 'http://127.0.0.1:4711',
      argv: ['/usr/bin/node', '/opt/warder/warder.cjs', 'serve'],
      env: { HOME: '/home/me' },
      pid: null,
    } as const
    writeRunFile(home.path, run)
    const file = path.join(home.path, 'run.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(run)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('takes nothing from the environment that could be a credential', () => {
    const env = {
      HOME: '/home/me',
      PATH: '/usr/bin',
      DISPLAY: ':0',
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus',
      GITHUB_TOKEN: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      NODE_OPTIONS: '--require /tmp/x.js',
      LD_PRELOAD: '/tmp/x.so',
      home: 'no',
      LANG: undefined,
      HTTPS_PROXY: 'http://me:canary@proxy.example:3128',
      http_proxy: 'me:canary@proxy.example:3128',
      ALL_PROXY: 'http://proxy.example:3128',
    }
    expect(launchEnvironment(env)).toEqual({
      HOME: '/home/me',
      PATH: '/usr/bin',
      DISPLAY: ':0',
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus',
    })
  })

  it('takes along how this machine reaches the internet, where that holds no password', () => {
    const env = {
      HTTPS_PROXY: 'http://proxy.example:3128',
      no_proxy: '.corp.example',
      SSL_CERT_FILE: '/etc/corp.pem',
      NODE_EXTRA_CA_CERTS: '/etc/more.pem',
    }
    expect(launchEnvironment({ ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual(env)
  })
})
